"""Which link of a chain serves, and when one that failed is tried again: values in, values out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from edged.errors import ProviderUnavailable

LATE_S = 0.040
"""Seconds a step may take: half a hop, since the rest of the path wants its share of the other half."""

LATE_STEPS = 3
"""Steps in a row over `LATE_S` that demote a link; one late step is the machine's fault as often."""

P95_MS = 25.0
"""Milliseconds that 95 of 100 calibrated steps may take: well under `LATE_S`, or it would not last."""

EQUAL = 1.1
"""Ratio of processor time up to which two links count as equal: two calibrations differ by as much."""

RETRY_S = (30.0, 120.0, 600.0, 3600.0)
"""Seconds until a link that failed is tried again, by how often it failed; the last one repeats."""

STEADY_S = 3600.0
"""Seconds of service after which earlier failures are forgiven."""

HANGS = 3
"""Threads that one link may leave behind in its driver; then it is not tried again in this run."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a link costs at the pace of sound."""

    p95_ms: float
    """Wall milliseconds that 95 of 100 steps stay under."""
    cpu_ms: float
    """Processor milliseconds per step, the driver's own threads included."""


NOT_BUILT = "not part of this version"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which links a chain has."""

    candidates: tuple[str, ...]
    """Tried in the background."""
    last: str
    """Always there."""
    named: str | None
    """Asked for by name."""
    absent: tuple[str, ...]
    """Asked for, and this version has no such provider."""


def plan(
    stage: str, asked: str, fallback: Sequence[str], order: Sequence[str], built: Collection[str]
) -> Plan:
    """Return the links for what a configuration asks of a stage.

    asked: `auto`, or a provider: that one, and another only where `fallback` names it. `built`: what this
    version has.

    Raises:
        ProviderUnavailable: there is no such provider and nothing may stand in for it.
    """
    if asked == "auto":
        tried = [provider for provider in order if provider != "cpu"]
        absent = tuple(provider for provider in tried if provider not in built)
        return Plan(tuple(provider for provider in tried if provider in built), "cpu", None, absent)
    if asked == "cpu":
        return Plan((), "cpu", "cpu", ())
    if not fallback:
        if asked not in built:
            raise ProviderUnavailable(asked, f"[{stage}]: {NOT_BUILT}; {WAY_OUT}")
        return Plan((), asked, asked, ())
    here = asked in built
    return Plan((asked,) if here else (), fallback[0], asked, () if here else (asked,))


WAY_OUT = 'say backend = "cpu", or fallback = ["cpu"]'


def pause_s(failures: int) -> float:
    """Return the seconds to wait after the failure of that number, counted from 1."""
    return RETRY_S[min(failures, len(RETRY_S)) - 1]


def rank(measured: Mapping[str, Measured], order: Sequence[str]) -> tuple[str, ...]:
    """Return providers, best first: the least processor time per step wins, `order` decides between equals.

    What the cheapest costs, times `EQUAL`, is still its equal; of those the first in `order` comes first, and
    so on with the rest. One that `order` does not name comes after those it names.
    """
    places = {provider: place for place, provider in enumerate(order)}
    rest = sorted(measured, key=lambda provider: places.get(provider, len(places)))
    ranked: list[str] = []
    while rest:
        limit = min(measured[provider].cpu_ms for provider in rest) * EQUAL
        best = next(provider for provider in rest if measured[provider].cpu_ms <= limit)
        ranked.append(best)
        rest.remove(best)
    return tuple(ranked)


def objection(
    provider: str, mine: Measured, last: str, cpu: Measured, order: Sequence[str], named: bool
) -> str | None:
    """Return why a link that computes rightly is not worth its place before the last one, None if it is.

    named: the user asked for this provider by name, so it need not be the cheaper one.
    """
    if mine.p95_ms > P95_MS:
        return f"too slow: 95 of 100 steps stay under {mine.p95_ms:.1f} ms, {P95_MS:g} are asked"
    if not named and rank({provider: mine, last: cpu}, order)[0] == last:
        return f"costs {mine.cpu_ms:.2f} ms of processor time per step, {last} {cpu.cpu_ms:.2f}"
    return None


def overdue(late_steps: int) -> bool:
    """Say whether that many late steps in a row are enough."""
    return late_steps >= LATE_STEPS
