"""What became of one link of a chain: said by `edged doctor`, `edged status` and telemetry."""

from dataclasses import dataclass
from typing import Literal

from edged.errors import ProviderUnavailable

State = Literal["serving", "standby", "untried", "refused", "demoted", "unavailable"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One link of one stage, as it is now."""

    stage: str
    """`features`, `heads` or `recognize`."""
    provider: str
    device: str
    """As the backend calls it; empty where it never opened."""
    state: State
    """`standby`: opened, proven and waiting behind a better one. `untried`: not yet. `refused`: it opened and
    is no good here. `demoted`: it served and failed. `unavailable`: it cannot be opened."""
    reason: str
    """A sentence; empty where there is nothing to explain."""
    p95_ms: float | None
    """Wall milliseconds that 95 of 100 steps stayed under; None where it was not measured."""
    cpu_ms: float | None
    """Processor milliseconds per step."""
    when: str
    """Wall clock of this state's beginning: UTC, ISO 8601."""


class Refused(ProviderUnavailable):
    """It opened, and what it answers or costs is not good enough."""


class Dangerous(Refused):
    """It took the process that tried it with it, or hung there: not tried again in this run."""


class Hopeless(ProviderUnavailable):
    """What is missing will not be there before a restart: not tried again in this run."""
