"""What waits for a broker: bounded, and honest about what an outage costs. Decisions only, no I/O.

While the broker is away, what happens in a moment is worthless later, or worse: a wake word that arrives
minutes late would switch something. What was said in a command is kept for a minute.
"""

from collections import deque
from dataclasses import dataclass, field

DEPTH = 256
"""Messages that may wait; with one more, the oldest goes that only matters now, else the oldest."""

KEEP_S = 60.0
"""Seconds for which a lasting message waits for the broker."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the broker."""

    topic: str
    payload: bytes
    lasting: bool = False
    """True: still worth something when the broker is back after a short while."""
    retain: bool = False
    latest_only: bool = False
    """True: one that still waits is worthless once there is a newer one of its topic."""


@dataclass(slots=True)
class Outbox:
    """First in, first out. Used under one lock."""

    dropped: int = 0
    """Messages that were never sent: too many waited, or the broker was away for too long."""
    _waiting: deque[tuple[Message, float]] = field(default_factory=deque[tuple[Message, float]])
    """With the time of each, monotonic seconds."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message, now: float, online: bool) -> None:
        """Add a message; one that only matters now is dropped where the broker is away."""
        if not (online or message.lasting):
            self.dropped += 1
            return
        if message.latest_only:
            for index, (waiting, _) in enumerate(self._waiting):
                if waiting.topic == message.topic:
                    self._waiting[index] = (message, now)
                    return
        if len(self._waiting) >= DEPTH:
            self._make_room()
        self._waiting.append((message, now))

    def put_back(self, messages: list[Message], now: float) -> None:
        """Take messages back, oldest first, that a connection did not get through before it broke.

        What only matters now is dropped, of these and of all that wait.
        """
        lasting = [(message, now) for message in messages if message.lasting]
        kept = [(message, at) for message, at in self._waiting if message.lasting]
        self.dropped += len(messages) + len(self._waiting) - len(lasting) - len(kept)
        self._waiting = deque([*lasting, *kept])
        while len(self._waiting) > DEPTH:
            self._make_room()

    def take(self, now: float) -> Message | None:
        """Return the oldest message, None where none waits; those that are too old are dropped."""
        while self._waiting:
            message, at = self._waiting.popleft()
            if now - at <= KEEP_S:
                return message
            self.dropped += 1
        return None

    def _make_room(self) -> None:
        self.dropped += 1
        for index, (message, _) in enumerate(self._waiting):
            if not message.lasting:
                del self._waiting[index]
                return
        self._waiting.popleft()
