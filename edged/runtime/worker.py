"""A named thread that beats, stops when told, and says why it ended."""

import logging
import threading
import time
from collections.abc import Callable, Set

from edged.errors import StageStalled
from edged.runtime.placement import pin

log = logging.getLogger(__name__)


class Worker:
    """Calls `step` again and again until it returns False, raises, or `stop` is called.

    One step must return within `deadline_s`; `beat` is the monotonic time of the last return. What
    `step` raises is kept in `failure` and told once through `on_end`, from the worker's own thread.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], bool],
        on_end: Callable[["Worker"], None],
        deadline_s: float = 5.0,
        vital: bool = True,
        cpus: Set[int] = frozenset(),
        hurry: Callable[[], object] | None = None,
    ) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            name: of the thread, in every sentence about it.
            step: a piece of work; False where there is no more.
            on_end: told of the end, whatever its reason.
            deadline_s: seconds one step may take; infinity where a step may wait for somebody outside.
            vital: whether edged is of no use while this worker hangs.
            cpus: where its thread runs; empty: wherever the scheduler puts it.
            hurry: called first by its thread, to put itself before others.
        """
        self.name = name
        self.deadline_s = deadline_s
        self.vital = vital
        self.failure: BaseException | None = None
        self.beat = time.monotonic()
        self._cpus = cpus
        self._hurry = hurry
        self._step = step
        self._on_end = on_end
        self._told_to_stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended: only then is a beat to be expected."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def show_life(self) -> None:
        """Beat in the middle of a step that rightly takes long; from the step itself."""
        self.beat = time.monotonic()

    def tell_to_stop(self) -> None:
        """Ask without waiting: all workers are asked first, then each is waited for."""
        self._told_to_stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait for the end.

        Raises:
            StageStalled: the thread did not end in time; it is named.
        """
        if self._thread.ident is None:
            return
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise StageStalled(f"{self.name} did not stop within {timeout_s:g} s")

    def _run(self) -> None:
        if self._cpus:
            pin(0, self._cpus)
        if self._hurry is not None:
            self._hurry()
        try:
            while not self._told_to_stop.is_set() and self._step():
                self.show_life()
        except BaseException as exc:  # noqa: BLE001 - a thread has nobody above it; kept for the supervisor
            self.failure = exc
        finally:
            self._on_end(self)


def go_on_without(worker: Worker) -> None:
    """Say that a worker broke which is no reason to end the run: a box that tells nothing still hears."""
    if worker.failure is not None:
        log.error("%s ended, and edged goes on without it", worker.name, exc_info=worker.failure)
