"""Waiting for descriptors, for a stated time, in a way that another thread can end."""

import os
import select
import threading
from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds that only go forward, as `time.monotonic`."""


class Alarm:
    """One thread waits; any other may ring, as often as it likes."""

    def __init__(self) -> None:
        self._woken, self._waker = os.pipe()
        self._guard = threading.Lock()  # a ring must not write to a descriptor that was just closed
        self.rung = False

    def wait(self, descriptors: dict[int, int], timeout_s: float) -> set[int] | None:
        """Return those of the descriptors, each with the poll mask to wait for, that are ready.

        None where the alarm was rung; an empty set where nothing came in time.
        """
        if self.rung:
            return None
        waiting = select.poll()
        waiting.register(self._woken, select.POLLIN)
        for descriptor, mask in descriptors.items():
            waiting.register(descriptor, mask)
        ready = {descriptor for descriptor, _ in waiting.poll(max(0.0, timeout_s) * 1000)}
        return None if self._woken in ready else ready

    def ring(self) -> None:
        """End the wait, and every later one."""
        with self._guard:
            if not self.rung:
                self.rung = True
                os.write(self._waker, b"!")

    def close(self) -> None:
        """Give the descriptors back; closing twice is allowed."""
        with self._guard:
            self.rung = True
            for descriptor in (self._woken, self._waker):
                if descriptor >= 0:
                    os.close(descriptor)
            self._woken, self._waker = -1, -1
