"""What was said and not yet answered, as the bytes to send: enough to say it all again to a new process.

Pure: no thread, no socket. Bounded: `DEPTH` utterances of at most 30 s each.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from edged.geometry import SAMPLE_RATE
from edged.stages.recognize import wire
from edged.stages.recognize.recognizer import Options
from edged.stages.recognize.samples import MAX_SAMPLES

DEPTH = 8
"""Utterances that may wait for their text; one more is refused."""

PIECE_BYTES = 2 * SAMPLE_RATE
"""Most audio in one message: a second, so that whatever is waited for is near."""

IN_ONE_GO = 64
"""Most messages sent with one call; a system takes 1024 (IOV_MAX)."""

DEATHS = 2
"""Processes that may die of one utterance."""

FINISH = wire.encode(wire.Finish())
CANCEL = wire.encode(wire.Cancel())


@dataclass
class Utterance:
    """One utterance without its answer."""

    number: int
    messages: list[bytes] = field(default_factory=list[bytes])
    samples: int = 0
    finished: bool = False
    refused: bool = False
    """Too many were waiting: no audio is kept, it only waits to be told lost."""
    deaths: int = 0


class Backlog:
    """Utterances in order, and the bytes of them that this process was not sent yet."""

    def __init__(self) -> None:
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

    def start(self, number: int, options: Options) -> None:
        """Open an utterance, refused if too many wait already. An open one is forgotten."""
        self.cancel()
        self._open = Utterance(number, refused=len(self._waiting) - len(self.refused) >= DEPTH)
        self._waiting.append(self._open)
        self._add(self._open, wire.encode(wire.Start.of(number, options)))

    def accept(self, data: bytes) -> int:
        """Take audio of the open utterance, int16 little-endian; return how many samples did not fit.

        Without an open utterance it is nobody's and forgotten.
        """
        utterance = self._open
        if utterance is None or utterance.refused:
            return 0
        fits = min(len(data) // 2, MAX_SAMPLES - utterance.samples)
        for at in range(0, 2 * fits, PIECE_BYTES):
            self._add(utterance, wire.encode(wire.Audio(data[at : min(at + PIECE_BYTES, 2 * fits)])))
        utterance.samples += fits
        return len(data) // 2 - fits

    def finish(self) -> None:
        """Close the open utterance: its text is wanted."""
        if self._open is not None:
            self._open.finished = True
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

    def sendable(self) -> list[memoryview]:
        """Return what to send next, in order; empty if all was sent."""
        buffers = [memoryview(data) for _, data in islice(self._unsent, IN_ONE_GO)]
        if buffers:
            buffers[0] = buffers[0][self._head :]
        return buffers

    def sent(self, count: int) -> None:
        """Note that so many bytes of `sendable` went out."""
        self._head += count
        while self._unsent and self._head >= len(self._unsent[0][1]):
            self._head -= len(self._unsent.popleft()[1])

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

    def _add(self, utterance: Utterance, data: bytes) -> None:
        if utterance.refused:
            return
        utterance.messages.append(data)
        self._unsent.append((utterance.number, data))
