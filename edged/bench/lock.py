"""How long a call holds the interpreter's lock: what it keeps from every other thread of the process.

A second thread counts as fast as it can. It counts only while it has the lock, so what it missed during a
call, by the pace it has when nobody else wants the lock, is what the call held. A thread that the machine
itself kept waiting misses as much, hence the median of many calls.
"""

import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SWITCH_S = 0.0005
"""Seconds until a thread must let another have the lock: as in the daemon."""

REST_S = 0.02
"""Seconds in which the counter is alone, before each call."""


@dataclass(slots=True)
class _Ticker:
    count: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        over = self.over.is_set
        while not over():
            self.count += 1


def held_s(call: Callable[[], object], calls: int = 30) -> float:
    """Return the seconds of the lock that the median call holds."""
    ticker = _Ticker()
    thread = threading.Thread(target=ticker.run, name="ticker")
    switch = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    thread.start()
    try:
        return max(0.0, statistics.median(_one(call, ticker) for _ in range(calls)))
    finally:
        ticker.over.set()
        thread.join()
        sys.setswitchinterval(switch)


def _one(call: Callable[[], object], ticker: _Ticker) -> float:
    begun, before = time.perf_counter(), ticker.count
    time.sleep(REST_S)
    rested, between = time.perf_counter(), ticker.count
    call()
    ended, after = time.perf_counter(), ticker.count
    return held(ended - rested, after - between, (between - before) / (rested - begun))


def held(seconds: float, ticks: int, pace: float) -> float:
    """Return what a call held of its seconds, from the ticks during it and the ticks per second without."""
    return seconds - ticks / pace if pace > 0 else seconds
