"""One call on a thread of its own, so that the main thread stays free to answer signals and systemd."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Errand(Generic[T]):
    """Runs from the moment it is made; `done` is set at its end, its result or error is fetched after."""

    vital = True

    def __init__(self, name: str, call: Callable[[], T], deadline_s: float) -> None:
        """Begin.

        Args:
            name: of the thread.
            call: the work.
            deadline_s: seconds after which it counts as stuck.
        """
        self.name = name
        self.deadline_s = deadline_s
        self.beat = 0.0
        """Never changes: an errand has one step."""
        self.done = threading.Event()
        self._call = call
        self._result: list[T] = []
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not self.done.is_set()

    def result(self) -> T:
        """Return what the call returned, or raise what it raised; only once `done` is set."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(self._call())
        except BaseException as exc:  # noqa: BLE001 - a thread has nobody above it; raised by `result`
            self._failure = exc
        finally:
            self.done.set()
