"""Clients of every kind at once, each coming back again and again, and what became of all their visits."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp

from edged.errors import EdgedError
from edged.serve.clients import funasr, openai, sherpa, wyoming
from edged.serve.clients.visit import Door, Outcome, Refused, Spoken, Visit

KINDS: Mapping[str, Visit] = {
    "wyoming wake": wyoming.wake,
    "wyoming asr": wyoming.asr,
    "funasr offline": funasr.offline,
    "funasr online": funasr.online,
    "funasr 2pass": funasr.two_pass,
    "sherpa streaming": sherpa.streaming,
    "sherpa offline": sherpa.offline,
    "openai": openai.http,
}

HUNG_S = 30.0
"""Seconds without an answer, beyond the sound's own length, after which a visit counts as hung."""

REST_S = 1.0
"""Seconds until a client comes again; whoever is refused is asked to wait as long."""

EXAMPLES = 5
"""Sentences of refusals and losses that are kept of each kind."""


@dataclass
class Tally:
    """Visits of one kind."""

    outcomes: Counter[Outcome] = field(default_factory=Counter[Outcome])
    seconds: list[float] = field(default_factory=list[float])
    """How long each visit that was answered took."""
    said: list[str] = field(default_factory=list[str])
    """What the first refused, wrong and broken ones were told."""

    def note(self, outcome: Outcome, seconds: float, sentence: str) -> None:
        """Count a visit."""
        self.outcomes[outcome] += 1
        if outcome is Outcome.ANSWERED:
            self.seconds.append(seconds)
        elif len(self.said) < EXAMPLES:
            self.said.append(f"{outcome}: {sentence}")

    def add(self, later: "Tally") -> None:
        """Count the visits of a later crowd as well."""
        self.outcomes += later.outcomes
        self.seconds += later.seconds
        self.said = [*self.said, *later.said][:EXAMPLES]


def crowd(
    door: Door, spoken: Spoken, clients: int, seconds: float, kinds: Sequence[str] = tuple(KINDS)
) -> dict[str, Tally]:
    """Let so many clients come, each once, and again for so long; all have their answers before this returns.

    Returns:
        The visits of each kind.
    """
    return asyncio.run(_crowd(door, spoken, clients, seconds, kinds))


def alone(door: Door, spoken: Spoken) -> str:
    """Return the text that one client gets while nobody else is there.

    Raises:
        EdgedError: it gets none.
    """
    try:
        return asyncio.run(asyncio.wait_for(openai.http(door, spoken), 2 * HUNG_S))
    except (Refused, OSError, TimeoutError, aiohttp.ClientError) as exc:
        raise EdgedError(f"a client alone is not served: {exc or type(exc).__name__}") from exc


async def visit(kind: str, door: Door, spoken: Spoken, tally: Tally) -> None:
    """Come once."""
    clock = asyncio.get_running_loop().time
    began = clock()
    longest_s = HUNG_S + max(len(spoken.wake), len(spoken.command)) / 16_000
    sentence = ""
    try:
        async with asyncio.timeout(longest_s):
            sentence = await KINDS[kind](door, spoken)
    except Refused as exc:
        outcome, sentence = Outcome.REFUSED, str(exc)
    except TimeoutError:
        outcome = Outcome.HUNG
    except (OSError, aiohttp.ClientError, ValueError, KeyError) as exc:
        outcome, sentence = Outcome.BROKEN, f"{type(exc).__name__}: {exc}"
    else:
        outcome = Outcome.ANSWERED if _right(kind, sentence, spoken) else Outcome.WRONG
    tally.note(outcome, clock() - began, sentence)


def _right(kind: str, text: str, spoken: Spoken) -> bool:
    if kind == "wyoming wake":
        return bool(text)
    return spoken.text is None or text == spoken.text


async def _crowd(
    door: Door, spoken: Spoken, clients: int, seconds: float, kinds: Sequence[str]
) -> dict[str, Tally]:
    tallies = {kind: Tally() for kind in kinds}
    until = asyncio.get_running_loop().time() + seconds

    async def come_again(number: int) -> None:
        kind = kinds[number % len(kinds)]
        await asyncio.sleep(REST_S * number / clients)  # nobody comes on the stroke of the same clock
        await visit(kind, door, spoken, tallies[kind])
        while asyncio.get_running_loop().time() + REST_S < until:
            await asyncio.sleep(REST_S)
            await visit(kind, door, spoken, tallies[kind])

    await asyncio.gather(*(come_again(number) for number in range(clients)))
    return tallies
