"""What was said and not yet answered, as the bytes to send: enough to say it all again to a new process.

Pure: no thread, no socket. Bounded: so many utterances of at most 30 s each, and so many bytes in all.
Utterances take turns message by message, so one that comes faster than it is decoded holds up no other.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from edged.geometry import SAMPLE_RATE
from edged.stages.recognize import requests, wire
from edged.stages.recognize.recognizer import Options
from edged.stages.recognize.samples import MAX_SAMPLES

DEPTH = 8
"""Utterances that may wait for their text where nothing else is said; one more is refused."""

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of audio that may wait in all where nothing else is said: 35 minutes."""

PIECE_BYTES = 2 * SAMPLE_RATE
"""Most audio in one message: a second, so that whatever is waited for is near."""

IN_ONE_GO = 64
"""Most messages sent with one call; a system takes 1024 (IOV_MAX)."""

DEATHS = 2
"""Processes that may die of one utterance."""


@dataclass(eq=False)
class Utterance:
    """One utterance without its answer."""

    number: int
    messages: list[bytes] = field(default_factory=list[bytes])
    sent: int = 0
    """Messages that this process was sent, at least in part."""
    samples: int = 0
    finished: bool = False
    refused: str = ""
    """Why nothing of it is kept: it only waits to be told lost."""
    deaths: int = 0


class Backlog:
    """Utterances in order, and the bytes of them that this process was not sent yet."""

    def __init__(self, depth: int = DEPTH, max_bytes: int = MAX_BYTES) -> None:
        """`depth`: utterances that may wait; `max_bytes`: of audio that they may hold in all."""
        self._depth = depth
        self._max_bytes = max_bytes
        self._bytes = 0
        self._waiting: dict[int, Utterance] = {}
        self._turns: deque[Utterance] = deque()  # those with something to send; the first is next
        self._urgent: deque[bytes] = deque()  # cancels, of no utterance that is kept
        self._begun = b""  # a message that went out in part
        self._gone = 0  # bytes of it that did
        self._plan: Sequence[tuple[Utterance | None, bytes]] = ()

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, number: int) -> bool:
        return number in self._waiting

    @property
    def numbers(self) -> list[int]:
        return list(self._waiting)

    @property
    def refused(self) -> dict[int, str]:
        """Why, by number, utterances are not recognized: too much was waiting when they came."""
        return {number: each.refused for number, each in self._waiting.items() if each.refused}

    @property
    def unanswered(self) -> bool:
        """True while a finished utterance waits for its text."""
        return any(utterance.finished for utterance in self._waiting.values())

    @property
    def bytes_held(self) -> int:
        """Bytes of audio that wait."""
        return self._bytes

    def audio_s(self, number: int) -> float:
        """Return the seconds of audio of an utterance that wait for its text; of no known one: of all."""
        if utterance := self._waiting.get(number):
            return utterance.samples / SAMPLE_RATE
        return self._bytes / 2 / SAMPLE_RATE

    def start(self, number: int, options: Options) -> None:
        """Open an utterance, refused if too much waits already; one that is known stays as it is."""
        if number in self._waiting:
            return
        utterance = self._waiting[number] = Utterance(number)
        if len(self._waiting) - len(self.refused) > self._depth:
            utterance.refused = f"recognizer is {self._depth} utterances behind"
        self._add(utterance, wire.encode(requests.Start.of(number, options)))

    def accept(self, number: int, data: bytes) -> int:
        """Take audio of an open utterance, int16 little-endian; return how many samples did not fit into it.

        Audio of no open utterance is nobody's and forgotten. Where it would be more than may wait in all, the
        utterance is refused.
        """
        utterance = self._waiting.get(number)
        if utterance is None or utterance.finished or utterance.refused:
            return 0
        fits = min(len(data) // 2, MAX_SAMPLES - utterance.samples)
        if self._bytes + 2 * fits > self._max_bytes:
            self._drop(utterance)
            utterance.refused = f"recognizer is {self._bytes / 2 / SAMPLE_RATE:.0f} s of audio behind"
            return 0
        for at in range(0, 2 * fits, PIECE_BYTES):
            piece = data[at : min(at + PIECE_BYTES, 2 * fits)]
            self._add(utterance, wire.encode(requests.Audio(number, piece)))
        utterance.samples += fits
        self._bytes += 2 * fits
        return len(data) // 2 - fits

    def finish(self, number: int) -> None:
        """Close an open utterance: its text is wanted."""
        utterance = self._waiting.get(number)
        if utterance is not None and not utterance.finished:
            utterance.finished = True
            self._add(utterance, wire.encode(requests.Finish(number)))

    def remove(self, number: int) -> None:
        """Forget an utterance that was answered, lost or cancelled; a process that waits for more is told."""
        if utterance := self._waiting.pop(number, None):
            self._drop(utterance)

    def sendable(self) -> list[memoryview]:
        """Return what to send next, in order; empty if all was sent."""
        plan: list[tuple[Utterance | None, bytes]] = []
        if self._begun:
            plan.append((None, self._begun))
        plan += [(None, data) for data in islice(self._urgent, IN_ONE_GO)]
        turns = deque((utterance, utterance.sent) for utterance in self._turns)
        while turns and len(plan) < IN_ONE_GO:
            utterance, at = turns.popleft()
            plan.append((utterance, utterance.messages[at]))
            if at + 1 < len(utterance.messages):
                turns.append((utterance, at + 1))
        self._plan = plan
        return [memoryview(data)[self._gone if data is self._begun else 0 :] for _, data in plan]

    def sent(self, count: int) -> None:
        """Note that so many bytes of `sendable` went out; nothing else may happen in between."""
        for utterance, data in self._plan:
            if not count:
                break
            if data is not self._begun:
                self._begin(utterance, data)
            some = min(count, len(data) - self._gone)
            count -= some
            self._gone += some
            if self._gone == len(data):
                self._begun, self._gone = b"", 0

    def again(self) -> None:
        """Prepare to say everything to a new process."""
        self._begun, self._gone = b"", 0
        self._urgent.clear()
        self._turns = deque(each for each in self._waiting.values() if each.messages)
        for utterance in self._turns:
            utterance.sent = 0

    def charge(self, number: int) -> bool:
        """Note that a process died of an utterance. True if that was the last time."""
        utterance = self._waiting.get(number)
        if utterance is None:
            return False
        utterance.deaths += 1
        return utterance.deaths >= DEATHS

    def _begin(self, utterance: Utterance | None, data: bytes) -> None:
        """Take the next message out of its place: it is on its way, and completed whatever happens."""
        self._begun, self._gone = data, 0
        if utterance is None:
            self._urgent.popleft()
            return
        self._turns.popleft()
        utterance.sent += 1
        if utterance.sent < len(utterance.messages):
            self._turns.append(utterance)

    def _add(self, utterance: Utterance, data: bytes) -> None:
        if utterance.refused:
            return
        if utterance.sent == len(utterance.messages):
            self._turns.append(utterance)
        utterance.messages.append(data)

    def _drop(self, utterance: Utterance) -> None:
        """Keep nothing of what it said."""
        self._bytes -= 2 * utterance.samples
        unsent = len(utterance.messages) - utterance.sent
        if unsent:
            self._turns.remove(utterance)
        if utterance.sent and (unsent or not utterance.finished):
            self._urgent.append(wire.encode(requests.Cancel(utterance.number)))
        utterance.messages, utterance.sent, utterance.samples = [], 0, 0
