"""One recognizer that many streams share: each has a line of its own, with utterance numbers of its own.

The microphone never does: its recognizer is its alone, so that no network client can slow or end it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from edged.stages.recognize.recognizer import (
    Capabilities,
    Final,
    Lost,
    OnReply,
    Options,
    Partial,
    Pcm,
    Recognizer,
    Reply,
    Restarted,
    Switched,
)


class Exchange:
    """Opens the recognizer when the first line is asked for, and ends it when nobody had one for a while."""

    def __init__(self, open_one: Callable[[OnReply], Recognizer]) -> None:
        """`open_one`: starts a recognizer that calls back from a thread of its own."""
        self._open_one = open_one
        self._opening = threading.Lock()  # held while a recognizer opens or closes, which may take seconds
        self._lock = threading.Lock()  # the tables
        self._recognizer: Recognizer | None = None
        self._lines: set[Line] = set()
        self._owners: dict[int, tuple[Line, int]] = {}
        self._count = 0
        self._idle_since = 0.0

    @property
    def lines(self) -> int:
        """Lines that are open."""
        with self._lock:
            return len(self._lines)

    def line(self, on_reply: OnReply) -> "Line":
        """Open a line; waits until the recognizer has loaded.

        Raises:
            ModelError: the model is missing, damaged or of another kind.
            ProviderUnavailable: sherpa-onnx is not installed.
            RecognizerDied: its process ended while it loaded.
        """
        with self._opening:
            if self._recognizer is None:
                self._recognizer = self._open_one(self._replied)
            line = Line(self, self._recognizer, on_reply)
            with self._lock:
                self._lines.add(line)
        return line

    def rest(self, idle_s: float) -> None:
        """End the recognizer if nobody had a line for so many seconds; the next line starts another."""
        with self._opening:
            with self._lock:
                idle = not self._lines and time.monotonic() - self._idle_since >= idle_s
            if idle and self._recognizer is not None:
                recognizer, self._recognizer = self._recognizer, None
                recognizer.close()

    def close(self) -> None:
        """End the recognizer; what has no answer is forgotten."""
        with self._opening:
            recognizer, self._recognizer = self._recognizer, None
            if recognizer is not None:
                recognizer.close()

    def number(self, line: "Line", utterance: int) -> int:
        """Return the number that the recognizer knows an utterance of a line by."""
        with self._lock:
            self._count += 1
            self._owners[self._count] = (line, utterance)
            return self._count

    def forget(self, number: int) -> None:
        """An utterance is of no interest any more."""
        with self._lock:
            self._owners.pop(number, None)

    def hang_up(self, line: "Line") -> None:
        """A line was closed."""
        with self._lock:
            self._lines.discard(line)
            self._idle_since = time.monotonic()

    def _replied(self, reply: Reply) -> None:
        """Hand an answer to the line it belongs to; a new process or recognizer concerns them all."""
        if isinstance(reply, Restarted | Switched):
            with self._lock:
                lines = tuple(self._lines)
            for line in lines:
                line.replied(reply)
            return
        with self._lock:
            owner = self._owners.get(reply.utterance)
            if isinstance(reply, Final | Lost):
                self._owners.pop(reply.utterance, None)
        if owner is not None:
            line, utterance = owner
            line.replied(_renumbered(reply, utterance))


class Line:
    """A `Recognizer` for one stream; closing it ends nothing but its own utterances."""

    def __init__(self, exchange: Exchange, recognizer: Recognizer, on_reply: OnReply) -> None:
        self._exchange = exchange
        self._recognizer = recognizer
        self._on_reply = on_reply
        self._numbers: dict[int, int] = {}  # of what has no answer yet
        self._finished: set[int] = set()
        self._answered = threading.Condition()

    @property
    def capabilities(self) -> Capabilities:
        return self._recognizer.capabilities

    def start(self, utterance: int, options: Options) -> None:
        number = self._exchange.number(self, utterance)
        with self._answered:
            self._numbers[utterance] = number
        self._recognizer.start(number, options)

    def accept(self, utterance: int, pcm: Pcm) -> None:
        if (number := self._numbers.get(utterance)) is not None:
            self._recognizer.accept(number, pcm)

    def finish(self, utterance: int) -> None:
        with self._answered:
            number = self._numbers.get(utterance)
            if number is None:
                return
            self._finished.add(utterance)
        self._recognizer.finish(number)

    def cancel(self, utterance: int) -> None:
        with self._answered:
            number = self._numbers.pop(utterance, None)
            self._finished.discard(utterance)
            self._answered.notify_all()
        if number is not None:
            self._recognizer.cancel(number)
            self._exchange.forget(number)

    def drain(self, timeout_s: float) -> bool:
        with self._answered:
            return self._answered.wait_for(lambda: not self._finished, timeout_s)

    def close(self) -> None:
        for utterance in tuple(self._numbers):
            self.cancel(utterance)
        self._exchange.hang_up(self)

    def replied(self, reply: Reply) -> None:
        """Take an answer, in the recognizer's thread."""
        self._on_reply(reply)
        if isinstance(reply, Final | Lost):
            with self._answered:
                self._numbers.pop(reply.utterance, None)
                self._finished.discard(reply.utterance)
                self._answered.notify_all()


def _renumbered(reply: Partial | Final | Lost, utterance: int) -> Partial | Final | Lost:
    return replace(reply, utterance=utterance)
