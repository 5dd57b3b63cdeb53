"""What the daemon needs to know of a run, to watch over it: `Pipeline`, or what a test puts in its place."""

import threading
from collections.abc import Sequence
from typing import Protocol

from edged.config.reload import Reload
from edged.config.schema import Config
from edged.runtime.standing import Standing
from edged.runtime.supervisor import Watched


class Run(Protocol):
    """What is watched over: `Pipeline`."""

    @property
    def done(self) -> threading.Event:
        """Set when there is nothing left to do."""
        ...

    @property
    def failure(self) -> BaseException | None:
        """What broke."""
        ...

    @property
    def workers(self) -> Sequence[Watched]:
        """Everybody who must beat, at this moment."""
        ...

    @property
    def hops(self) -> int:
        """Hops scored since the start."""
        ...

    @property
    def live(self) -> bool:
        """Whether sound comes at its own pace, as from a microphone: only then is its absence a fault."""
        ...

    @property
    def standing(self) -> Standing:
        """What it hears on and what runs where; `deaf` from the first moment on in which no sound comes."""
        ...

    def start(self) -> None: ...
    def obey(self, new: Config) -> Reload: ...
    def hurry(self) -> None:
        """From another thread than `stop`: wait for no text any more."""
        ...

    def stop(self) -> None: ...


class Hearing:
    """Watched like a worker: a live source without a reason to be deaf must bring hops that are scored."""

    name = "the path from microphone to score"
    vital = True

    def __init__(self, run: Run, deadline_s: float) -> None:
        self._run = run
        self.deadline_s = deadline_s

    @property
    def beat(self) -> float:
        return self._run.hops + self._run.standing.unheard  # muted, sound still has to come

    @property
    def alive(self) -> bool:
        return self._run.live and self._run.standing.deaf is None and not self._run.done.is_set()
