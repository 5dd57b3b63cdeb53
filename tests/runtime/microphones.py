"""Microphones on a virtual clock that die, return, hang, stand still and lose samples as planned.

Time is counted in samples of 16 kHz, and each sample of the world has a value of its own, so that a test can
say of every sample that was heard whether it lies where it belongs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edged.errors import AudioDeviceLost, ConfigError
from edged.geometry import SAMPLE_RATE
from edged.messages import Body, Frame
from edged.runtime.capture import Capture, Outside
from edged.runtime.mailbox import Mailbox
from edged.runtime.reader import FLOW_S, OPEN_S, Arrived
from edged.runtime.tally import Sound

OPENING = 3_200
"""Samples of time that a driver takes to open: 0.2 s."""
STUCK_AT = 77
FOR_EVER = 10**12
GONE = ("unplugged", "busy", "wrong")


@dataclass(frozen=True)
class Span:
    """What a microphone does from `begin` until `end`."""

    kind: str
    """`there`, `unplugged`, `busy` (listed, and does not open), `wrong` (cannot be right), `hangs`, `stuck`,
    `silent`."""
    begin: int
    end: int


def plan(*spans: tuple[str, float]) -> list[Span]:
    """Spans one after the other from kinds and seconds; the last one lasts for ever."""
    planned, at = [], 0
    for kind, seconds in spans:
        end = at + round(seconds * SAMPLE_RATE)
        planned.append(Span(kind, at, end))
        at = end
    planned[-1] = Span(planned[-1].kind, planned[-1].begin, FOR_EVER)
    return planned


@dataclass
class Microphone:
    """One microphone of the world."""

    spans: list[Span]
    sizes: Sequence[int] = (1280,)
    """Samples of its reads, in turn."""
    xruns: Sequence[tuple[int, int]] = ()
    """When it loses samples, and how many."""

    def at(self, now: int) -> Span:
        return next(span for span in self.spans if span.begin <= min(now, FOR_EVER - 1) < span.end)

    def sound(self, begin: int, end: int) -> np.ndarray:
        pcm = (np.arange(begin, end) % 30_011 + 1).astype(np.int16)
        for span in self.spans:
            if span.kind in ("stuck", "silent"):
                inside = slice(max(span.begin - begin, 0), max(span.end - begin, 0))
                pcm[inside] = STUCK_AT if span.kind == "stuck" else 0
        return pcm


class World:
    """Microphones by SPEC, a clock, a card list and a path that may be slow."""

    def __init__(
        self, microphones: dict[str, Microphone], slow: Sequence[tuple[int, int]] = (), depth: int = 25
    ) -> None:
        self.now = 0
        self.microphones = microphones
        self.slow = slow
        self.events: list[tuple[int, Body]] = []
        self.box: Mailbox[tuple[Frame, float]] = Mailbox("capture", depth)
        self.dropped = 0
        """Samples in frames that the mailbox dropped."""
        self.ledger: list[tuple[Reading, int, int]] = []
        """Reading, first world sample and number of samples of every frame that was handed on."""
        self.opened: list[tuple[str, int]] = []
        self.in_command = False
        self.sound = Sound()
        self._taken: Reading | None = None
        outside = Outside(
            read=self._read,
            tidy=lambda: lambda pcm: pcm,
            put=self._put,
            emit=lambda sample, body: self.events.append((sample, body)),
            in_command=lambda: self.in_command,
            clock=lambda: self.now / SAMPLE_RATE,
            wait=lambda seconds: self.pass_time(round(seconds * SAMPLE_RATE)),
            cards=self._cards,
        )
        self.capture = Capture(tuple(microphones), self.sound, outside)

    def pass_time(self, samples: int) -> None:
        self.now += samples

    def run(self, seconds: float) -> None:
        """Capture alone; nobody listens."""
        until = self.now + round(seconds * SAMPLE_RATE)
        while self.now < until:
            assert self.capture.step()

    @property
    def path_is_slow(self) -> bool:
        return any(begin <= self.now < begin + length for begin, length in self.slow)

    def heard_of(self, spec: str) -> list[int]:
        """World samples at which frames of a source ended."""
        return [begin + n for reading, begin, n in self.ledger if reading.spec == spec]

    def taken(self, reading: "Reading") -> None:
        self._taken = reading

    def _read(self, spec: str) -> "Reading":
        self.opened.append((spec, self.now))
        return Reading(self, spec, self.microphones[spec])

    def _put(self, frame: Frame, arrived: float) -> None:
        assert self._taken is not None
        end = round(arrived * SAMPLE_RATE)
        self.ledger.append((self._taken, end - len(frame.pcm), len(frame.pcm)))
        lost = self.box.put((frame, arrived))
        self.dropped += len(lost[0].pcm) if lost is not None else 0

    def _cards(self) -> frozenset[str]:
        return frozenset(
            spec
            for spec, microphone in self.microphones.items()
            if microphone.at(self.now).kind != "unplugged"
        )


@dataclass(eq=False)
class Reading:
    """One opening, as `Reader` shows it to capture."""

    world: World
    spec: str
    microphone: Microphone
    begun: int = 0
    last: int = 0
    position: int | None = None
    """World sample that it delivers next, once it is open."""
    own: int = 0
    turn: int = 0
    xruns: int = 0
    told: bool = False

    def start(self) -> None:
        self.begun = self.last = self.world.now

    def take(self, timeout_s: float) -> Arrived | None:
        if self.told:
            raise AudioDeviceLost(f"{self.spec}: ended")
        world, until = self.world, self.world.now + round(timeout_s * SAMPLE_RATE)
        due, frame = self._next()
        if due is not None and due <= until:
            world.now = max(world.now, due)
            if frame is None:
                kind = self.microphone.at(due).kind
                raise (ConfigError if kind == "wrong" else AudioDeviceLost)(f"{self.spec}: {kind}")
            self.position = due
            self.xruns += frame.start > self.own
            self.own = frame.start + len(frame.pcm)
            self.turn += 1
            self.last = due
            world.taken(self)
            return Arrived(frame, due / SAMPLE_RATE, self.xruns)
        world.now = until
        limit = OPEN_S if self.position is None or self.turn == 0 else FLOW_S
        if until - self.last > limit * SAMPLE_RATE:
            raise AudioDeviceLost(f"{self.spec}: hangs")
        return None

    def tell_to_end(self) -> None:
        self.told = True

    def leave(self, timeout_s: float) -> bool:
        self.tell_to_end()
        if not self.ended:
            self.world.pass_time(round(timeout_s * SAMPLE_RATE))
        return self.ended

    @property
    def ended(self) -> bool:
        return self.told and self.microphone.at(self.world.now).kind != "hangs"

    def _next(self) -> tuple[int | None, Frame | None]:
        """When the next thing happens, and the frame, or None where the microphone is gone then."""
        microphone, begin, own = self.microphone, self.position, self.own
        if begin is None:
            begin = self.begun + OPENING
            if (span := microphone.at(begin)).kind == "hangs":
                begin = span.end
                span = microphone.at(begin)
            if span.kind == "hangs":
                return None, None
            if span.kind in GONE:
                return begin, None
        size = microphone.sizes[self.turn % len(microphone.sizes)]
        for when, samples in microphone.xruns:
            if self.position is not None and self.last <= when < self.last + size:
                begin, own = begin + samples, own + samples
        end = begin + size
        for span in microphone.spans:
            if span.begin < end and begin < span.end:
                if span.kind in GONE:
                    return max(span.begin, self.last), None
                if span.kind == "hangs":  # what it would have recorded is lost in the driver
                    own, begin = own + span.end - begin, span.end
                    end = begin + size
        return end, Frame(own, microphone.sound(begin, end))
