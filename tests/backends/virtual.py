"""A clock that moves when told, and drivers that hang until the test is over, without waiting for either."""

import threading


class Clock:
    """Seconds that pass only where somebody spends them."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.hanging = threading.Event()
        self._over = threading.Event()

    def __call__(self) -> float:
        return self.now

    def spend(self, seconds: float) -> None:
        self.now += seconds

    def sleep(self, seconds: float) -> bool:
        """As the `wait` of an event that nobody sets."""
        self.now += max(0.0, seconds)
        return False

    def hang(self) -> None:
        """A driver's call that does not return before the test ends."""
        self.hanging.set()
        self._over.wait(60)

    def wait(self, lock, seconds: float) -> bool:
        """Wait for a lock: the deadline passes at once, for one waiter, where something begins to hang."""
        for _ in range(60_000):
            if lock.acquire(timeout=0.001):
                return True
            if self.hanging.is_set():
                self.hanging.clear()
                self.now += seconds
                return False
        raise AssertionError("neither an answer nor a hang")

    def end(self) -> None:
        """Let everything that hangs return."""
        self._over.set()
