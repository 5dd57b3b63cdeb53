"""What callers say, on its way to the process: the backlog and the channel it goes out on, under one lock.

Bytes go out in the caller's thread when the socket takes them at once, which it nearly always does;
otherwise the attendant's thread sends the rest.
"""

import threading
import time

from edged.stages.recognize.backlog import Backlog
from edged.stages.recognize.bell import Bell
from edged.stages.recognize.channel import Channel
from edged.stages.recognize.recognizer import Options


class Outbox:
    """Every call is safe from any thread and returns at once, but `wait_answered`."""

    def __init__(self, bell: Bell) -> None:
        """Prepare; `bell` wakes the attendant."""
        self._lock = threading.Condition()  # answered utterances wake `wait_answered`
        self._backlog = Backlog()
        self._bell = bell
        self._channel: Channel | None = None
        self._closed = False
        self.since: float | None = None
        """Monotonic time at which a sign of life was first expected; None while nothing waits."""
        self.stuck = False
        """True while bytes wait that the socket did not take."""

    def __contains__(self, utterance: int) -> bool:
        with self._lock:
            return utterance in self._backlog

    @property
    def numbers(self) -> list[int]:
        """Utterances without an answer."""
        with self._lock:
            return self._backlog.numbers

    @property
    def refused(self) -> list[int]:
        """Those that came when too many were waiting."""
        with self._lock:
            return self._backlog.refused

    @property
    def audio_s(self) -> float:
        """Seconds of audio that wait for their text."""
        with self._lock:
            return self._backlog.audio_s

    # --- what callers say ---

    def start(self, utterance: int, options: Options) -> None:
        with self._lock:
            if self._closed:
                return
            self._backlog.start(utterance, options)
            if self.since is None:  # nobody expected a sign of life until now
                self.since = time.monotonic()
            self._push()
            self._bell.ring()

    def accept(self, data: bytes) -> int:
        """Take audio, int16 little-endian; return how many samples did not fit."""
        with self._lock:
            if self._closed:
                return 0
            dropped = self._backlog.accept(data)
            self._push()
        return dropped

    def finish(self, data: bytes) -> int:
        """Take the last audio, as `accept`; the text is wanted."""
        with self._lock:
            dropped = self._backlog.accept(data)
            self._backlog.finish()
            self._push()
        return dropped

    def cancel(self) -> None:
        with self._lock:
            self._backlog.cancel()
            self._push()
            self._rest()

    def wait_answered(self, timeout_s: float) -> bool:
        """Wait until every finished utterance was answered; False if time ran out."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._backlog.unanswered, timeout_s)

    def close(self) -> None:
        """Take no more; what waits is forgotten."""
        with self._lock:
            self._closed = True

    # --- what the attendant does ---

    def connect(self, channel: Channel) -> None:
        """Say everything that has no answer to a process that is ready."""
        with self._lock:
            self._channel = channel
            self._backlog.again()
            self._push()

    def disconnect(self) -> None:
        """Keep what is said until there is another process."""
        with self._lock:
            self._channel = None
            self.stuck = False

    def push(self) -> None:
        """Send what the socket takes now."""
        with self._lock:
            self._push()

    def charge(self) -> int | None:
        """Note that a process died of the oldest utterance; its number if it did so twice."""
        with self._lock:
            return self._backlog.charge()

    def answered(self, utterance: int) -> None:
        """Forget an utterance."""
        with self._lock:
            self._backlog.remove(utterance)
            self._push()
            self._rest()
            self._lock.notify_all()

    def _push(self) -> None:
        if self._channel is None:
            return
        self.stuck = False
        while buffers := self._backlog.sendable():
            count = self._channel.send(buffers)
            if not count:  # full, or gone: the attendant finds out
                self.stuck = True
                self._bell.ring()
                return
            self._backlog.sent(count)

    def _rest(self) -> None:
        if not len(self._backlog):
            self.since = None
