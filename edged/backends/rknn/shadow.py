"""When the NPU is not believed any more: a graph that was right once may drift, and an NPU may be late.

Decisions only: what was computed comes in, what is to be done goes out.
"""

from dataclasses import dataclass, field

SHADOW_CALLS = 750
"""Calls between two comparisons with the CPU: one minute of one stream."""

CONFIRM_FROM = 0.05
"""Score from which the CPU is asked as well, and its answer counts. The NPU may be off by 0.05 (probe.SCORE),
so any score over 0.1 is the CPU's own; heads rest far below on all that is not their word."""

SAFE_FROM = 0.1
"""Lowest score that may decide anything where the NPU serves: below, the CPU might have scored over it while
the NPU stayed under `CONFIRM_FROM`."""

DISAGREES = 0.1
"""Difference from the CPU's score that counts as another answer: twice what the probe allows."""

STRIKES = 2
"""Other answers that are one too many."""

LATE_CALLS = 3
"""Late calls within `SHADOW_CALLS` that are one too many."""

STUCK_S = 2.0
"""Seconds after which a call that has not returned is given up."""


@dataclass(slots=True)
class Doubts:
    """What speaks against the NPU so far. Used by one thread at a time."""

    calls: int = 0
    strikes: int = 0
    _late: list[int] = field(default_factory=list[int])
    _stuck_since: float | None = None

    def call(self) -> bool:
        """Count a call; True if the CPU is to be asked about this one whatever it scores."""
        self.calls += 1
        return self.calls % SHADOW_CALLS == 0

    def compared(self, worst: float) -> bool:
        """Take the largest difference from the CPU; True if that is enough."""
        self.strikes += worst > DISAGREES
        return self.strikes >= STRIKES

    def late(self, now: float, *, anew: bool) -> str | None:
        """Note a call that was not answered in time; return why that is enough, None if it is not.

        anew: this call is the late one; False: an earlier one still runs.
        """
        if anew:
            self._stuck_since = now
            self._late = [*(call for call in self._late if self.calls - call < SHADOW_CALLS), self.calls]
        if len(self._late) >= LATE_CALLS:
            return f"late {LATE_CALLS} times in {SHADOW_CALLS} calls"
        if self._stuck_since is not None and now - self._stuck_since >= STUCK_S:
            return f"hangs: no answer in {STUCK_S:g} s"
        return None

    def answered(self) -> None:
        """Note that no call is under way."""
        self._stuck_since = None
