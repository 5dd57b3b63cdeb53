"""One link of a chain: a provider that serves a stage, will, or did."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from edged.backends.select import STEADY_S, Measured, pause_s
from edged.backends.verdict import State


class Closable(Protocol):
    """What every backend can, a recognizer too."""

    def close(self) -> None: ...


B = TypeVar("B", bound=Closable)


@dataclass(slots=True, eq=False)
class Link(Generic[B]):
    """Changed only by its chain, under the chain's lock."""

    provider: str
    open: Callable[[], B]
    """Raises ProviderUnavailable."""
    state: State = "untried"
    reason: str = ""
    device: str = ""
    measured: Measured | None = None
    when: str = ""
    backend: B | None = None
    """Open while the link serves or stands by."""
    failures: int = field(default=0)
    """In a row; forgiven after an hour of service."""
    due: float | None = 0.0
    """Clock at which it is tried next; None: not in this run."""
    since: float = 0.0
    """Clock at which it came into service."""

    def hope(self, now: float) -> None:
        """Count a failure and decide when the link is tried again."""
        if self.state == "serving" and now - self.since >= STEADY_S:
            self.failures = 0
        self.failures += 1
        self.due = now + pause_s(self.failures)


@dataclass(slots=True, eq=False)
class Serving(Generic[B]):
    """One service of one link: told apart from every other by identity, also after it was opened anew."""

    link: Link[B]
    backend: B
    opened_anew: bool = False
    """It replaces one that failed, is the last link and has not answered yet."""
    late: int = 0
    """Steps in a row that took too long."""
