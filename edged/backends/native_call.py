"""Calls that may never return, on a thread that can be left behind.

A call into a driver cannot be cancelled. So it runs on a thread of its own and its caller waits so long and
no longer; a call that is late for that is abandoned: the thread stays where it hangs, is remembered by name
and is never used again. This is the only home of daemon threads, because Python waits for any other kind
when it ends; a process with an abandoned thread leaves through `os._exit` (edged/command.py).
"""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from edged.errors import EdgedError, ProviderFailed

T = TypeVar("T")

Wait = Callable[[Any, float], bool]
"""A lock and the seconds to wait for it; True once it is held."""


def _acquire(lock: Any, seconds: float) -> bool:
    return lock.acquire(timeout=seconds)


class NativeCall:
    """One thread that makes calls for others, one at a time, in the order they ask.

    Two raw locks hand a call over and its answer back: under 0.1 ms of an 80 ms hop (0.06 ms on an x86-64
    with two cores).
    """

    def __init__(self, name: str, wait: Wait = _acquire) -> None:
        """Start the thread; `name` says whose calls hang, e.g. `rknn heads`. `wait` is replaced by tests."""
        self.name = name
        self._wait = wait
        self._turn = threading.Lock()
        self._asked, self._answered = threading.Lock(), threading.Lock()
        self._asked.acquire()
        self._answered.acquire()
        self._call: Callable[[], Any] | None = None
        self._answer: Any = None
        self._raised: BaseException | None = None
        self._over = False
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """It was abandoned or closed, and takes no call any more."""
        return self._over

    @property
    def abandoned(self) -> bool:
        """A call was late, and the thread was left in it."""
        return self._thread in _ABANDONED

    def run(self, call: Callable[[], T], deadline_s: float) -> T:
        """Return what `call` returns on the thread, within `deadline_s` seconds.

        Raises:
            ProviderFailed: it did not return in time, and the thread is abandoned; or it raised what is no
                error of ours; or the thread was abandoned or closed before.
            EdgedError: as `call` raised it.
        """
        if not self._wait(self._turn, deadline_s):
            raise ProviderFailed(self.name, f"busy for more than {deadline_s:g} s with another call")
        if self._over:
            self._turn.release()
            said = "hangs in an earlier call" if self.abandoned else "was closed"
            raise ProviderFailed(self.name, said)
        self._call = call
        self._asked.release()
        if not self._wait(self._answered, deadline_s):
            self._over = True
            _ABANDONED[:] = [thread for thread in _ABANDONED if thread.is_alive()] + [self._thread]
            self._turn.release()
            raise ProviderFailed(self.name, f"gave no answer in {deadline_s:g} s; its thread is left behind")
        answer, raised = self._answer, self._raised
        self._answer = self._raised = None
        self._turn.release()
        if isinstance(raised, EdgedError):
            raise raised
        if raised is not None:
            said = str(raised).strip() or "no reason given"
            raise ProviderFailed(self.name, f"{type(raised).__name__}: {said.splitlines()[0]}") from raised
        return answer

    def close(self, deadline_s: float = 1.0) -> None:
        """End the thread; one that hangs stays behind. Closing twice is allowed.

        Raises:
            ProviderFailed: a call did not return in time.
        """
        if not self._wait(self._turn, deadline_s):
            raise ProviderFailed(self.name, f"busy for more than {deadline_s:g} s with another call")
        if not self._over:
            self._over, self._call = True, None
            self._asked.release()
        self._turn.release()

    def _serve(self) -> None:
        while True:
            self._asked.acquire()
            if self._call is None:
                return
            try:
                self._answer = self._call()
            except BaseException as exc:  # noqa: BLE001 - a thread has nobody above it; the caller is told
                self._raised = exc
            if self._over:  # nobody waits any more
                return
            self._call = None
            self._answered.release()


_ABANDONED: list[threading.Thread] = []


def abandoned() -> tuple[str, ...]:
    """Return the names of the threads that were left behind and still hang."""
    return tuple(thread.name for thread in _ABANDONED if thread.is_alive())
