"""How long a call holds the interpreter's lock: what it keeps from every other thread of the process.

A second thread counts as fast as it can. It counts only while it has the lock, so what it missed during a
call, by the pace it has when nobody else wants the lock, is what the call held. Time in which the machine had
no core for the counter is told by the kernel and taken out; where it does not tell, the median of many calls
is all there is against it.
"""

import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edged.runtime.realtime import SWITCH_S

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
        waited = _waits_for_a_core(thread)
        return max(0.0, statistics.median(_one(call, ticker, waited) for _ in range(calls)))
    finally:
        ticker.over.set()
        thread.join()
        sys.setswitchinterval(switch)


def _one(call: Callable[[], object], ticker: _Ticker, waited: Callable[[], float]) -> float:
    first, begun, before = waited(), time.perf_counter(), ticker.count
    time.sleep(REST_S)
    rested, between = time.perf_counter(), ticker.count
    middle = waited()
    called, start = time.perf_counter(), ticker.count
    call()
    ended, after = time.perf_counter(), ticker.count
    pace = (between - before) / max(1e-9, rested - begun - (middle - first))
    return held(ended - called - (waited() - middle), after - start, pace)


def held(seconds: float, ticks: int, pace: float) -> float:
    """Return what a call held of its seconds, from the ticks during it and the ticks per second without."""
    return seconds - ticks / pace if pace > 0 else seconds


def _waits_for_a_core(thread: threading.Thread) -> Callable[[], float]:
    """Return what tells the seconds in which a thread could have run and had no core; 0: nobody tells."""
    file = Path(f"/proc/self/task/{thread.native_id}/schedstat")

    def seconds() -> float:
        try:
            return int(file.read_text(encoding="ascii").split()[1]) * 1e-9
        except (OSError, IndexError):
            return 0.0

    return seconds
