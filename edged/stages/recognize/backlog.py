"""What was said and not yet answered, as the bytes to send: enough to say it all again to a new process.

Pure: no thread, no socket. Bounded: `DEPTH` utterances of at most 30 s each.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.recognize import wire
from edged.stages.recognize.recognizer import Pcm
from edged.stages.recognize.samples import MAX_SAMPLES

DEPTH = 8
"""Utterances that may wait for their text; one more is refused."""

BATCH: Mapping[str, int] = {"streaming": 2 * HOP, "offline": SAMPLE_RATE}
"""Samples per message, by mode. Waking the process costs more than what it then does with a hop: a streaming
model gets a step's worth (160 ms), an offline one, which waits for the end anyway, a second."""

DEATHS = 2
"""Processes that may die of one utterance."""

FINISH = wire.encode(wire.Finish())
CANCEL = wire.encode(wire.Cancel())


@dataclass
class Utterance:
    """One utterance without its answer."""

    number: int
    messages: list[bytes] = field(default_factory=list[bytes])
    pending: bytearray = field(default_factory=bytearray)
    """int16 that does not fill a message yet."""
    samples: int = 0
    finished: bool = False
    refused: bool = False
    """Too many were waiting: no audio is kept, it only waits to be told lost."""
    deaths: int = 0


class Backlog:
    """Utterances in order, and the bytes of them that this process was not sent yet."""

    def __init__(self, batch: int) -> None:
        """Prepare for utterances sent in messages of `batch` samples, the last one shorter."""
        self._batch_bytes = 2 * batch
        self._waiting: deque[Utterance] = deque()
        self._open: Utterance | None = None
        self._unsent: deque[tuple[int, bytes]] = deque()
        self._head = 0  # bytes of the first unsent message that are gone already

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, number: int) -> bool:
        return any(utterance.number == number for utterance in self._waiting)

    @property
    def numbers(self) -> list[int]:
        return [utterance.number for utterance in self._waiting]

    @property
    def refused(self) -> list[int]:
        """Numbers of utterances that came when too many were waiting."""
        return [utterance.number for utterance in self._waiting if utterance.refused]

    @property
    def unanswered(self) -> bool:
        """True while a finished utterance waits for its text."""
        return any(utterance.finished for utterance in self._waiting)

    @property
    def audio_s(self) -> float:
        """Seconds of audio that wait for their text."""
        return sum(utterance.samples for utterance in self._waiting) / SAMPLE_RATE

    def start(self, number: int, partials: bool) -> None:
        """Open an utterance, refused if too many wait already. An open one is forgotten."""
        self.cancel()
        self._open = Utterance(number, refused=len(self._waiting) - len(self.refused) >= DEPTH)
        self._waiting.append(self._open)
        self._add(self._open, wire.encode(wire.Start(number, partials)))

    def accept(self, pcm: Pcm) -> int:
        """Take audio of the open utterance, without one nothing; return how many samples did not fit."""
        utterance = self._open
        if utterance is None or utterance.refused:
            return 0
        fits = min(len(pcm), MAX_SAMPLES - utterance.samples)
        utterance.pending += pcm[:fits].astype("<i2", copy=False).tobytes()
        while len(utterance.pending) >= self._batch_bytes:
            self._flush(utterance)
        utterance.samples += fits
        return len(pcm) - fits

    def finish(self) -> None:
        """Close the open utterance: its text is wanted."""
        if self._open is not None:
            self._open.finished = True
            if self._open.pending:
                self._flush(self._open)
            self._add(self._open, FINISH)
            self._open = None

    def cancel(self) -> None:
        """Forget the open utterance; the process is told if it knows of it."""
        if self._open is not None:
            self.remove(self._open.number)

    def remove(self, number: int) -> None:
        """Forget an utterance: it was answered, lost or cancelled."""
        utterance = next((each for each in self._waiting if each.number == number), None)
        if utterance is None:
            return
        self._waiting.remove(utterance)
        if utterance is self._open:
            self._open = None
        unsent = list(self._unsent)
        head, rest = (unsent[:1], unsent[1:]) if self._head else ([], unsent)  # a begun message is completed
        kept = [each for each in rest if each[0] != number]
        known = len(rest) - len(kept) < len(utterance.messages)  # some of it was sent
        self._unsent = deque([*head, *kept])
        if known and not utterance.finished:
            self._unsent.append((number, CANCEL))

    def sendable(self) -> memoryview | None:
        """Return the bytes to send next, None if all were sent."""
        return memoryview(self._unsent[0][1])[self._head :] if self._unsent else None

    def sent(self, count: int) -> None:
        """Note that so many bytes of `sendable` went out."""
        self._head += count
        if self._unsent and self._head == len(self._unsent[0][1]):
            self._unsent.popleft()
            self._head = 0

    def again(self) -> None:
        """Prepare to say everything to a new process."""
        self._head = 0
        self._unsent = deque(self._all())

    def charge(self) -> int | None:
        """Note that a process died: of the oldest utterance. Its number if it did so twice."""
        oldest = next((each for each in self._waiting if not each.refused), None)
        if oldest is None:
            return None
        oldest.deaths += 1
        return oldest.number if oldest.deaths >= DEATHS else None

    def _all(self) -> Iterator[tuple[int, bytes]]:
        for utterance in self._waiting:
            for data in utterance.messages:
                yield utterance.number, data

    def _flush(self, utterance: Utterance) -> None:
        """Make a message of the first audio that waits for one."""
        self._add(utterance, wire.encode(wire.Audio(bytes(utterance.pending[: self._batch_bytes]))))
        del utterance.pending[: self._batch_bytes]

    def _add(self, utterance: Utterance, data: bytes) -> None:
        if utterance.refused:
            return
        utterance.messages.append(data)
        self._unsent.append((utterance.number, data))
