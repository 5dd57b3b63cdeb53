"""Commands that wait for their text, so that one which never gets it can be told of."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from edged.runtime.clips.kept import Begin, Taken
from edged.runtime.clips.sound import Channels

OPEN = 8
"""Commands that may wait at once; beyond it the oldest is forgotten. With sound, each is 0.8 MB at most."""

NOT_KEPT = "the sound of commands is not kept: clips.commands is off"


@dataclass(slots=True)
class _Command:
    word: str
    score: float
    wake: str | None
    closed: bool = False
    start: int = 0
    sample: int = 0
    sound: Channels | None = None
    lost: tuple[str, str, str] | None = None
    """Id, wall and reason of a loss that came before its end."""


class LostCommands:
    """Commands of all streams: the ear's thread opens and closes them, the recognizer's loses them."""

    def __init__(self, keep: Callable[..., None]) -> None:
        """`keep` takes the fields of a `Kept` of a lost command."""
        self._keep = keep
        self._lock = threading.Lock()
        self._commands: dict[tuple[str, int], _Command] = {}

    def opened(self, stream: str, utterance: int, word: str, score: float, wake: str | None) -> None:
        """A command began after this word; `wake` is the clip of that."""
        with self._lock:
            while len(self._commands) >= OPEN:
                del self._commands[next(iter(self._commands))]
            self._commands[stream, utterance] = _Command(word, score, wake)

    def closed(self, stream: str, utterance: int, start: int, sample: int, sound: Channels | None) -> None:
        """It ended; `sound` is that of the command, shape (n, 1), where it may be kept."""
        with self._lock:
            command = self._commands.get((stream, utterance))
            if command is None:
                return
            command.closed, command.start, command.sample, command.sound = True, start, sample, sound
            if command.lost is not None:
                self._tell(stream, utterance, command)

    def lost(
        self, stream: str, utterance: int, reason: str, name: Callable[[], tuple[str, str]]
    ) -> str | None:
        """It gets no text; return the id of its clip. `name` makes id and wall time."""
        with self._lock:
            command = self._commands.get((stream, utterance))
            if command is None:
                return None
            id, wall = name()
            command.lost = (id, wall, reason)
            if command.closed:
                self._tell(stream, utterance, command)
            return id

    def answered(self, stream: str, utterance: int) -> None:
        """It has its text, or was told to be lost: nothing of it is needed any more."""
        with self._lock:
            command = self._commands.get((stream, utterance))
            if command is not None and (command.lost is None or command.closed):
                del self._commands[stream, utterance]

    def forget(self) -> None:
        """Drop what waits: clips were switched off."""
        with self._lock:
            self._commands.clear()

    def _tell(self, stream: str, utterance: int, command: _Command) -> None:
        if command.lost is None:
            return
        id, wall, reason = command.lost
        sound = None
        if command.sound is not None and len(command.sound):
            sound = Taken(begin=Begin(command.start, "middle"), raw=[command.sound])
        self._commands.pop((stream, utterance), None)
        self._keep(
            id=id,
            kind="lost",
            word=command.word,
            reason=reason,
            score=command.score,
            stream=stream,
            utterance=utterance,
            wall=wall,
            sample=command.sample,
            sound=sound,
            no_sound="" if sound is not None else NOT_KEPT,
            wake=command.wake,
        )
