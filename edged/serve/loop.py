"""The thread `serve`: one asyncio loop, whose lateness is measured and whose standstill is seen."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from edged.errors import StageStalled

T = TypeVar("T")

BEAT_S = 0.1
"""Seconds between two looks at how late the loop is."""

LATEST = 600
"""Looks that are kept: a minute."""

DEADLINE_S = 10.0
"""Seconds without a look after which the loop counts as stuck."""

JOIN_S = 3.0


class Loop:
    """Watched like a worker; not vital: without front ends the microphone still hears."""

    name = "serve"
    vital = False
    deadline_s = DEADLINE_S

    def __init__(self) -> None:
        self.beat = 0.0
        """Monotonic time of the last look."""
        self.asyncio = asyncio.new_event_loop()
        self._late_s: deque[float] = deque(maxlen=LATEST)
        self._thread = threading.Thread(target=self._run, name=self.name)

    @property
    def alive(self) -> bool:
        """Whether looks are to be expected."""
        return self._thread.is_alive()

    @property
    def lag_s(self) -> tuple[float, ...]:
        """How late each of the newest looks was, seconds."""
        return tuple(self._late_s)

    def start(self) -> None:
        """Begin."""
        self.beat = time.monotonic()
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], timeout_s: float) -> T:
        """Do something on the loop and wait for it, from another thread.

        Raises:
            TimeoutError: it was not done in time; it is cancelled.
        """
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self.asyncio)
        try:
            return future.result(timeout_s)
        except TimeoutError:
            future.cancel()
            raise

    def stop(self) -> None:
        """Cancel what runs, and end the thread.

        Raises:
            StageStalled: it did not end in 3 s.
        """
        if self._thread.ident is None:
            self.asyncio.close()
            return
        self.asyncio.call_soon_threadsafe(self.asyncio.stop)
        self._thread.join(JOIN_S)
        if self._thread.is_alive():
            raise StageStalled(f"{self.name} did not stop within {JOIN_S:g} s")

    def _run(self) -> None:
        asyncio.set_event_loop(self.asyncio)
        try:
            self._look(time.monotonic())
            self.asyncio.run_forever()
            left = asyncio.all_tasks(self.asyncio)
            for task in left:
                task.cancel()
            self.asyncio.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self.asyncio.run_until_complete(self.asyncio.shutdown_asyncgens())
        finally:
            self.asyncio.close()

    def _look(self, due: float) -> None:
        self.beat = time.monotonic()
        self._late_s.append(max(0.0, self.beat - due))
        self.asyncio.call_later(BEAT_S, self._look, self.beat + BEAT_S)
