"""A named thread that beats, stops when told, and says why it ended."""

import threading
import time
from collections.abc import Callable

from edged.errors import StageStalled


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
        deadline_s: float = 2.0,
    ) -> None:
        self.name = name
        self.deadline_s = deadline_s
        self.failure: BaseException | None = None
        self.beat = time.monotonic()
        self._step = step
        self._on_end = on_end
        self._told_to_stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

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
        try:
            while not self._told_to_stop.is_set() and self._step():
                self.beat = time.monotonic()
        except BaseException as exc:  # noqa: BLE001 - a thread has nobody above it; kept for the supervisor
            self.failure = exc
        finally:
            self._on_end(self)
