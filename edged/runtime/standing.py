"""What a run tells of itself in one line: what it hears on, what each stage runs on, why it is degraded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from edged.backends.verdict import Verdict
from edged.messages import Ran


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands."""

    source: str
    """Where sound comes from, as a person would name it."""
    words: tuple[str, ...]
    ran: Ran
    recognizer: str | None
    """Name of the model; None: wake words only."""
    deaf: str | None = None
    """Why no sound is to be expected now; None where it is."""
    degraded: tuple[str, ...] = ()
    """A sentence for each thing that is not as it should be."""
    verdicts: tuple[Verdict, ...] = ()
    """What became of each backend."""
    muted: bool = False
    """Somebody wants nothing to be heard."""
    unheard: int = 0
    """Samples that came while it was muted, since the start."""


def degraded(verdicts: Iterable[Verdict], named: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each backend that should serve and does not.

    named: the provider that the user asked for, by stage; one that nobody asked for may well be refused.
    """
    return tuple(
        f"{one.stage} not on {one.provider} ({one.reason})"
        for one in verdicts
        if one.state == "demoted"
        or (one.state in ("refused", "unavailable") and named.get(one.stage) == one.provider)
    )


def line(state: Standing, since: datetime, more: Sequence[str] = ()) -> str:
    """Return the line; `since` is when it began to hear or to be deaf, `more` is degraded as well."""
    if state.deaf is None and state.muted:
        hears = f"muted, on {state.source}"
    elif state.deaf is None:
        hears = f"hears {', '.join(state.words)} on {state.source}"
    else:
        hears = f"deaf: {state.deaf}"
    stages = [f"features {state.ran.features}", f"heads {state.ran.heads}"]
    if state.recognizer is not None:
        stages.append(f"recognizer {state.recognizer}")
    parts = [hears, ", ".join(stages), f"since {since.strftime('%Y-%m-%d %H:%M:%S %Z').strip()}"]
    if worse := [*state.degraded, *more]:
        parts.append(f"degraded: {', '.join(worse)}")
    return "; ".join(parts)
