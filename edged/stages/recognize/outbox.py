"""What callers say, on its way to the process: the backlog and the channel it goes out on, under one lock.

Bytes go out in the caller's thread when the socket takes them at once, which it nearly always does;
otherwise the attendant's thread sends the rest.
"""

import threading
import time

from edged.bell import Bell
from edged.stages.recognize.backlog import DEPTH, MAX_BYTES, Backlog
from edged.stages.recognize.channel import Channel
from edged.stages.recognize.recognizer import Options


class Outbox:
    """Every call is safe from any thread and returns at once, but `wait_answered`."""

    def __init__(self, bell: Bell, depth: int = DEPTH, max_bytes: int = MAX_BYTES) -> None:
        """Prepare; `bell` wakes the attendant, the rest is as in `Backlog`."""
        self._lock = threading.Condition()  # answered utterances wake `wait_answered`
        self._backlog = Backlog(depth, max_bytes)
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
    def refused(self) -> dict[int, str]:
        """Those that came when too much was waiting, and why."""
        with self._lock:
            return self._backlog.refused

    def audio_s(self, utterance: int) -> float:
        """Return the seconds of audio of an utterance that wait for its text; of no known one: of all."""
        with self._lock:
            return self._backlog.audio_s(utterance)

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

    def accept(self, utterance: int, data: bytes) -> int:
        """Take audio, int16 little-endian; return how many samples did not fit."""
        with self._lock:
            return self._accept(utterance, data)

    def finish(self, utterance: int, data: bytes) -> int:
        """Take the last audio, as `accept`; the text is wanted."""
        with self._lock:
            dropped = self._accept(utterance, data)
            self._backlog.finish(utterance)
            self._push()
        return dropped

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

    def charge(self, utterance: int) -> bool:
        """Note that a process died of an utterance; True if that was the last time."""
        with self._lock:
            return self._backlog.charge(utterance)

    def forget(self, utterance: int) -> None:
        """Forget an utterance that was answered or cancelled."""
        with self._lock:
            self._backlog.remove(utterance)
            self._push()
            self._rest()
            self._lock.notify_all()

    def _accept(self, utterance: int, data: bytes) -> int:
        if self._closed:
            return 0
        dropped = self._backlog.accept(utterance, data)
        self._push()
        if self._backlog.refused:  # and not told yet
            self._bell.ring()
        return dropped

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
