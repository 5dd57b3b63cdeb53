"""Who gave no sign of life for longer than may be: decisions only, no thread and no clock of its own.

A worker's silence is counted in time that this process was seen to run. While it is stopped, by a debugger or
by SIGSTOP, nobody can beat, yet the monotonic clock goes on: of the time between two looks no more counts
than a look may be late. In suspend to memory that clock stands still anyway.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

LONGEST_LOOK_S = 0.5
"""Seconds between two looks that count in full; a longer pause was the machine's or a debugger's."""


class Watched(Protocol):
    """Whoever beats."""

    @property
    def name(self) -> str: ...
    @property
    def deadline_s(self) -> float:
        """Seconds of silence that may be; infinity where it may wait for somebody outside."""
        ...

    @property
    def vital(self) -> bool:
        """Whether edged is of no use while it hangs. A sink is not vital: its mailbox drops and counts."""
        ...

    @property
    def beat(self) -> float:
        """Any number that changes with each sign of life."""
        ...

    @property
    def alive(self) -> bool:
        """Whether a sign of life is to be expected at all."""
        ...


@dataclass(frozen=True, slots=True)
class Sign:
    """The last sign of life of a worker."""

    beat: float
    quiet_s: float = 0.0
    """Seconds since, in which this process ran."""


@dataclass(frozen=True, slots=True)
class Late:
    """A worker beyond its deadline."""

    name: str
    quiet_s: float
    vital: bool

    def __str__(self) -> str:
        return f"{self.name} has given no sign of life for {self.quiet_s:.0f} s"


def heard(signs: Mapping[str, Sign], workers: Iterable[Watched], lived_s: float) -> dict[str, Sign]:
    """Return the signs of those who are alive, `lived_s` after `signs`; whoever is new begins at 0 s."""
    now: dict[str, Sign] = {}
    for worker in workers:
        if worker.alive:
            before, beat = signs.get(worker.name), worker.beat
            same = before is not None and before.beat == beat
            now[worker.name] = Sign(beat, before.quiet_s + lived_s) if same and before else Sign(beat)
    return now


def late(signs: Mapping[str, Sign], workers: Iterable[Watched]) -> tuple[Late, ...]:
    """Return who is beyond its deadline, in the order of `workers`."""
    silent = [(worker, signs[worker.name]) for worker in workers if worker.name in signs]
    return tuple(
        Late(worker.name, sign.quiet_s, worker.vital)
        for worker, sign in silent
        if sign.quiet_s > worker.deadline_s
    )


class Supervisor:
    """Looks at the workers from time to time and remembers when each of them beat."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: monotonic seconds."""
        self._clock = clock
        self._looked = clock()
        self._signs: dict[str, Sign] = {}

    def look(self, workers: Iterable[Watched]) -> tuple[Late, ...]:
        """Return who is beyond its deadline now."""
        workers = tuple(workers)
        now = self._clock()
        self._signs = heard(self._signs, workers, min(now - self._looked, LONGEST_LOOK_S))
        self._looked = now
        return late(self._signs, workers)
