"""What a check found: good, degraded or broken, and the remedy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["good", "degraded", "broken"]
"""`degraded`: edged hears, and this machine could do better. `broken`: it does not hear."""

EXIT_CODES: dict[State, int] = {"good": 0, "degraded": 1, "broken": 3}


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about this machine."""

    check: str
    state: State
    what: str
    remedy: str | None = None
    """What a person can do about it; there is one for everything that is not good."""


def worst(findings: Iterable[Finding]) -> State:
    """Return the state of the machine: that of its worst finding."""
    found = {finding.state for finding in findings}
    return "broken" if "broken" in found else "degraded" if "degraded" in found else "good"
