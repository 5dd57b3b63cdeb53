"""The processes of a pool: who has nothing to do, who said something, and the end of them all.

Used by the pool's thread. What other threads ask too, `add` and `remove` change under the pool's lock.
"""

import logging
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress

from edged.bell import Bell
from edged.runtime.jobs import limits
from edged.runtime.jobs.hand import Hand
from edged.runtime.jobs.limits import Run

log = logging.getLogger(__name__)

END_S = 1.5
"""Seconds in which all processes end together when the pool does."""


class Staff:
    """At most so many processes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._hands: list[Hand] = []

    def __len__(self) -> int:
        return len(self._hands)

    def __iter__(self) -> Iterator[Hand]:
        """All of them, whoever goes meanwhile."""
        return iter(list(self._hands))

    def add(self, hand: Hand) -> None:
        """One more works from now on."""
        self._hands.append(hand)

    def remove(self, hand: Hand) -> None:
        """This one does not any more; its end is the caller's."""
        self._hands.remove(hand)

    @property
    def full(self) -> bool:
        """Whether there may be no more of them."""
        return len(self._hands) >= self._most

    @property
    def idle(self) -> Hand | None:
        """One that has nothing to do."""
        return next((hand for hand in self._hands if hand.entry is None), None)

    @property
    def runs(self) -> list[Run]:
        """How far the jobs under way are."""
        return [hand.run for hand in self._hands if hand.entry is not None]

    def listen(self, bell: Bell) -> list[Hand]:
        """Sleep until the bell rings, somebody says something or it is time to look; return who spoke.

        What a process writes to its output is taken on the way.
        """
        poll = select.poll()
        poll.register(bell, select.POLLIN)
        for hand in self._hands:
            poll.register(hand.channel.socket, select.POLLIN)
            if not hand.channel.mute:
                poll.register(hand.channel.output, select.POLLIN)
        came = {descriptor for descriptor, _ in poll.poll(self._patience_ms())}
        if bell.fileno() in came:
            bell.hush()
        for hand in self._hands:
            if not hand.channel.mute and hand.channel.output.fileno() in came:
                hand.channel.listen_to_output()
        return [hand for hand in self._hands if hand.channel.socket.fileno() in came]

    def end(self) -> None:
        """End every process within `END_S`, however many there are."""
        until = time.monotonic() + END_S
        for hand in self._hands:
            hand.channel.process.kill()  # all at once: they need time on a core to end, and have the least
        for hand in self._hands:
            with suppress(subprocess.TimeoutExpired):
                hand.channel.process.wait(max(0.0, until - time.monotonic()))
            if hand.channel.process.returncode is None:
                hand.channel.socket.close()
                log.warning("jobs: process %d was killed and has not ended yet", hand.channel.pid)
            else:
                hand.channel.end()
        self._hands.clear()

    def _patience_ms(self) -> int | None:
        now = time.monotonic()
        return limits.patience_ms(
            asked=any(hand.asked is not None for hand in self._hands),
            working=any(hand.entry is not None for hand in self._hands),
            rested_s=max((now - hand.rested for hand in self._hands), default=None),
        )
