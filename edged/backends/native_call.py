"""Calls that may never return, on a thread that can be left behind.

A call into a driver cannot be cancelled. So it runs on a thread of its own and its caller waits so long and
no longer; a call that is late for that is abandoned: the thread stays where it hangs, is remembered by name
and is never used again. This is the only home of daemon threads, because Python waits for any other kind
when it ends; a process with an abandoned thread leaves through `os._exit` (edged/command.py).
"""

import threading
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from edged.errors import EdgedError, ProviderFailed

T = TypeVar("T")

Wait = Callable[[Any, float], bool]
"""A lock and the seconds to wait for it; True once it is held."""


def _acquire(lock: Any, seconds: float) -> bool:
    return lock.acquire(timeout=seconds)


class Late(ProviderFailed):
    """No answer in time; the thread is not given up."""

    def __init__(self, provider: str, reason: str, *, anew: bool) -> None:
        """`anew`: this call is late. False: an earlier one still runs, and this one was not made."""
        super().__init__(provider, reason)
        self.anew = anew


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
        self._asked, self.answered = threading.Lock(), threading.Lock()
        self._asked.acquire()
        self.answered.acquire()
        """Held until the thread has an answer that nobody took yet."""
        self._call: Callable[[], Any] | None = None
        self._answer: Any = None
        self._raised: BaseException | None = None
        self._over = False
        self._behind: Literal["", "late", "posted"] = ""
        """A call is under way for which nobody waits any more."""
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
        self._take_turn(deadline_s)
        free = not self._behind or self._wait(self.answered, deadline_s)
        if free:
            self._hand_over(call)
        if not free or not self._wait(self.answered, deadline_s):
            self._leave_behind()
            self._turn.release()
            raise ProviderFailed(self.name, f"gave no answer in {deadline_s:g} s; its thread is left behind")
        return self._take_answer()

    def ask(self, call: Callable[[], T], deadline_s: float) -> T:
        """Return what `call` returns on the thread, as `run` does, but give nothing up.

        A call that is late goes on and its answer is thrown away; until then no other is made.

        Raises:
            Late: no answer within `deadline_s` seconds, or an earlier call has none yet.
            ProviderFailed, EdgedError: see `run`.
        """
        self._take_turn(deadline_s)
        seconds = deadline_s if self._behind == "posted" else 0.0
        if self._behind and not self._is_back(seconds):
            self._behind = "late"
            self._turn.release()
            raise Late(self.name, "still busy with an earlier call", anew=seconds > 0)
        self._hand_over(call)
        if not self._wait(self.answered, deadline_s):
            self._behind = "late"
            self._turn.release()
            raise Late(self.name, f"gave no answer in {deadline_s:g} s", anew=True)
        return self._take_answer()

    def post(self, call: Callable[[], object]) -> None:
        """Have `call` made while nobody waits; left out where the thread is busy."""
        if not self._turn.acquire(blocking=False):
            return
        if not self._over and not self._behind:
            self._hand_over(call)
            self._behind = "posted"
        self._turn.release()

    def abandon(self) -> None:
        """Leave the thread in what it does; nothing happens where it is over."""
        with self._turn:
            if not self._over:
                self._leave_behind()

    def _take_turn(self, deadline_s: float) -> None:
        if not self._wait(self._turn, deadline_s):
            raise ProviderFailed(self.name, f"busy for more than {deadline_s:g} s with another call")
        if self._over:
            self._turn.release()
            said = "hangs in an earlier call" if self.abandoned else "was closed"
            raise ProviderFailed(self.name, said)

    def _is_back(self, seconds: float) -> bool:
        if seconds == 0:
            return self.answered.acquire(blocking=False)
        return self._wait(self.answered, seconds)

    def _hand_over(self, call: Callable[[], Any]) -> None:
        """Give the thread a call; what an earlier one answered is forgotten."""
        self._behind = ""
        self._answer = self._raised = None
        self._call = call
        self._asked.release()

    def _leave_behind(self) -> None:
        self._over = True
        _ABANDONED[:] = [thread for thread in _ABANDONED if thread.is_alive()] + [self._thread]

    def _take_answer(self) -> Any:
        """Return or raise what the thread did, and let the next one ask."""
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
            if self._behind and not self._wait(self.answered, deadline_s):
                self._leave_behind()
            else:
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
            self.answered.release()


_ABANDONED: list[threading.Thread] = []


def abandoned() -> tuple[str, ...]:
    """Return the names of the threads that were left behind and still hang."""
    return tuple(thread.name for thread in _ABANDONED if thread.is_alive())
