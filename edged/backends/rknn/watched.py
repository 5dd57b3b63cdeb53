"""The NPU watched while it serves: nobody waits for it long, and it wakes nobody alone.

Runs on the caller's thread; the NPU has one of its own. A hop that is not answered within 40 ms is answered
by the CPU's heads, and so is every hop that may become an activation.
"""

import time
from collections.abc import Callable

import numpy as np

from edged.backends.backend import Floats
from edged.backends.native_call import Late, NativeCall
from edged.backends.owned import CLOSE_S
from edged.backends.rknn.errors import NpuDisagrees, NpuTimeout
from edged.backends.rknn.heads import RknnHeads
from edged.backends.rknn.shadow import CONFIRM_FROM, DISAGREES, Doubts

HOP_S = 0.035
"""Seconds the NPU has for a hop: with the CPU's answer after it, a late one still takes under 40 ms
(select.LATE_S), so that one hiccup of the machine is nobody's fault."""

TIDY_CALLS = 250
"""Calls between two collections of what they leave behind: some 20 s, a few milliseconds each."""


class WatchedHeads:
    """A HeadBackend around RknnHeads. Used by one thread at a time, as the path is."""

    def __init__(
        self, inner: RknnHeads, call: NativeCall, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`call`: the thread that opened `inner`. `clock`: seconds, to tell a late call from a hung one."""
        self._inner = inner
        self._call = call
        self._clock = clock
        self._doubts = Doubts()
        self.provider = inner.provider
        self.device = inner.device
        self.precision = inner.precision
        self.columns = inner.columns
        self.windows = inner.windows

    def scores(self, history: Floats) -> Floats:
        compare = self._doubts.call()
        asked = history.copy()  # a late call may still read it when the path has moved on
        try:
            scores = self._call.ask(lambda: self._inner.scores(asked), HOP_S)
        except Late as exc:
            return self._late(history, anew=exc.anew)
        self._doubts.answered()
        if compare or scores.max() >= CONFIRM_FROM:
            scores = self._confirm(history, scores)
        if compare:
            self._call.post(self._inner.recheck)
        elif self._doubts.calls % TIDY_CALLS == 0:
            self._call.post(self._inner.tidy)
        return scores

    def close(self) -> None:
        """Give all back, once; a thread that hangs keeps what it has.

        Raises:
            ProviderFailed: closing hangs, too.
        """
        if self._call.over:
            return
        try:
            self._call.run(self._inner.close, CLOSE_S)
        finally:
            self._call.close()

    def _late(self, history: Floats, *, anew: bool) -> Floats:
        reason = self._doubts.late(self._clock(), anew=anew)
        if reason is not None:
            self._call.abandon()
            raise NpuTimeout(reason)
        return self._inner.cpu.scores(history)

    def _confirm(self, history: Floats, scores: Floats) -> Floats:
        """Return the CPU's scores where the NPU's could wake somebody.

        Raises:
            NpuDisagrees: not for the first time.
        """
        right = self._inner.cpu.scores(history)
        off = np.abs(right - scores)
        worst = int(np.argmax(off))
        if self._doubts.compared(float(off[worst])):
            said = f"{self.columns[worst]} scores {scores[worst]:.3f}, on the CPU {right[worst]:.3f}"
            raise NpuDisagrees(f"{said}; differences over {DISAGREES:g} are not believed twice")
        return right


def watch(inner: RknnHeads, call: NativeCall, clock: Callable[[], float]) -> WatchedHeads:
    """Return what the path asks in the place of heads on the NPU."""
    return WatchedHeads(inner, call, clock)
