"""The newest sound, and which stretch of it is a command: written by the path, read on the loop."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edged.messages import Activation, Endpoint, Event, Frame, Listening, Muted
from edged.stages.recognize.recognizer import Pcm

FRAMES = 125
"""Frames that wait for a server: ten seconds. It loses what is older."""


@dataclass(slots=True)
class Command:
    """A stretch of sound. Changed by the path alone."""

    number: int
    word: str | None
    """None: no wake word, it was asked for."""
    woken: int
    """Sample at which it was decided that there is one."""
    start: int
    """First sample of its sound."""
    stop: int | None = None
    """Sample after its last; None: nobody knows yet."""
    void: bool = False
    """It was muted: nothing more of it may go out."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some sound of a command."""

    start: int
    """Its first sample."""
    pcm: Pcm
    """Shape (n,), int16, 16 kHz; n = 0 where there is none yet."""
    last: bool
    """No more of the command will come."""

    @property
    def end(self) -> int:
        """The sample after it."""
        return self.start + len(self.pcm)


class Deck:
    """Holds the newest frames. The path never waits for a reader."""

    def __init__(self, stream: str, tell: Callable[[], None], frames: int = FRAMES) -> None:
        """Prepare.

        Args:
            stream: whose events count.
            tell: is told by the path that there is something to look at.
            frames: that are held at most.
        """
        self._stream = stream
        self._tell = tell
        self._lock = threading.Lock()  # held for a look at the frames, never for a copy or a wait
        self._frames: deque[Frame] = deque(maxlen=frames)
        self._end = 0
        self._word: str | None = None
        self._newest: Command | None = None

    @property
    def end(self) -> int:
        """The sample after the newest; from any thread."""
        return self._end

    @property
    def newest(self) -> Command | None:
        """The command that began last; from any thread."""
        return self._newest

    def heard(self, frame: Frame) -> None:
        """Path: a frame."""
        with self._lock:
            self._frames.append(frame)
            self._end = frame.start + len(frame.pcm)
        command = self._newest
        if command is not None and (command.stop is None or frame.start < command.stop):
            self._tell()

    def told(self, event: Event) -> None:
        """Path, before the frame that caused it: an event. Those of other streams come from other threads."""
        if event.stream == self._stream and self._note(event):
            self._tell()

    def read(self, command: Command, at: int) -> Piece:
        """Return the next sound of a command from sample `at` on; it begins later where some was lost."""
        with self._lock:
            if command.void:
                return Piece(at, _NOTHING, last=True)
            stop = command.stop if command.stop is not None else self._end
            for frame in self._frames:
                begin, end = max(at, frame.start), min(frame.start + len(frame.pcm), stop)
                if begin < end:
                    pcm = frame.pcm[begin - frame.start : end - frame.start]
                    return Piece(begin, pcm, last=end == command.stop)
            return Piece(at, _NOTHING, last=command.stop is not None and self._end >= command.stop)

    def _note(self, event: Event) -> bool:
        """Take an event; return whether it is about a command."""
        with self._lock:
            command = self._newest
            match event.body:
                case Activation(word=word):
                    self._word = word
                    return False
                case Listening(start_sample=start, cause="wake" | "trigger" as cause) if event.utterance:
                    word = self._word if cause == "wake" else None
                    self._newest = Command(event.utterance, word, event.sample, start)
                case Endpoint() if command is not None and command.number == event.utterance:
                    command.stop = event.sample
                case Muted() if command is not None:
                    command.void = True
                case _:
                    return False
        return True


_NOTHING: Pcm = np.empty(0, np.int16)
