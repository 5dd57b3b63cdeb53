"""A microphone that is never given up: whatever happens to it, it is opened again and every loss is counted.

The first SPEC is preferred. While it is away the others are tried in turn, and it is taken back between two
commands once it delivers sound again. A microphone that is silent, which may be somebody's wish, is opened
anew and never replaced by another.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edged.errors import AudioDeviceLost, EdgedError, StageStalled
from edged.geometry import SAMPLE_RATE
from edged.messages import Body, Device, Frame
from edged.runtime.reader import Arrived, Reading
from edged.runtime.retry import Cards, Retry
from edged.runtime.tally import Sound
from edged.runtime.timeline import Timeline
from edged.stages.audio.convert import Pcm
from edged.stages.audio.health import Clipping, Health, Trouble, look

log = logging.getLogger(__name__)

SLICE_S = 0.5
"""Longest wait of one step: how often capture beats, and how soon a card that comes is noticed."""
CLOSE_S = 1.0
"""Seconds a source gets to close before it is left behind."""
FLOWS_S = 5.0
"""Seconds of sound after which the pauses between openings are short again."""
LEFT_BEHIND = 3
"""Readers that may hang at the same time; with one more, only a fresh process can help."""

REASONS: dict[Trouble, str] = {
    "silent": "nothing but digital silence: muted, or its mixer is at 0 %",
    "stuck": "stuck at one value",
}

Tidy = Callable[[Pcm], Pcm]
"""From sound as it came to sound as the path wants it, of the same length."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What capture needs of the rest of edged, and what a test replaces by a world of its own."""

    read: Callable[[str], Reading]
    """Returns the reading of a SPEC, not started yet."""
    tidy: Callable[[], Tidy]
    """Returns a fresh one for each opening."""
    put: Callable[[Frame, float], object]
    """Takes a frame and the time when its last sample was there."""
    emit: Callable[[int, Body], object]
    """Takes an event and its sample index."""
    in_command: Callable[[], bool]
    """Tells whether a command is being spoken."""
    clock: Callable[[], float]
    """Monotonic seconds."""
    wait: Callable[[float], object]
    """Waits seconds, less where the run ends."""
    cards: Callable[[], Cards]
    """The sound cards of the machine."""


@dataclass(slots=True)
class _Opening:
    turn: int
    """Place of its SPEC in the order of preference."""
    reading: Reading
    tidy: Tidy
    xruns: int = 0
    """Its xruns that were counted."""
    flowed: int = 0
    """Samples since it was opened, or since `Retry` heard of it, that were not all the same."""


class Capture:
    """Reads the first of `specs` that can be heard. `step` is called by one thread, the rest by any."""

    name = "mic"
    live = True

    def __init__(self, specs: Sequence[str], sound: Sound, outside: Outside) -> None:
        self._specs = tuple(specs)
        self._sound = sound
        self._out = outside
        self._timeline = Timeline()
        self._health = tuple(Health() for _ in specs)
        self._clipping = Clipping()
        self._retry = Retry()
        self._turn = 0
        """Whose turn it is to be opened while none is heard."""
        self._heard: _Opening | None = None
        self._tried: _Opening | None = None
        """Opened and not heard yet: the next one, or the preferred one while another is heard."""
        self._hanging: list[Reading] = []
        self._away: str | None = "not opened yet"
        self._lost_at: float | None = None
        """When it was said that sound is away; None: nothing was said."""
        self._ever = False
        self._ending = False
        """The end was asked for: what comes of it is no loss."""

    @property
    def away(self) -> str | None:
        """Why no sound comes; None while it does."""
        return self._away

    @property
    def spec(self) -> str:
        """SPEC of what is heard, or of what is preferred while nothing is."""
        heard = self._heard
        return self._specs[heard.turn if heard is not None else 0]

    def step(self) -> bool:
        """Move by one frame, one attempt or one short wait.

        Raises:
            EdgedError: what is asked for cannot be opened, and could not from the beginning.
            StageStalled: too many drivers hang.
        """
        if self._heard is not None:
            if self._heard.turn:
                self._try_the_preferred()
            self._listen(self._heard)
        elif self._tried is not None:
            self._await(self._tried)
        elif self._turn or self._is_due():
            self._tried = self._open(self._turn)
        else:
            self._out.wait(SLICE_S)
        return True

    def interrupt(self) -> None:
        """End a wait for sound, for good; from any thread."""
        self._ending = True
        for opening in (self._heard, self._tried):
            if opening is not None:
                opening.reading.tell_to_end()

    def close(self) -> None:
        """Let go of every source, once no step runs any more; one that hangs is named."""
        for opening in (self._heard, self._tried):
            if opening is not None:
                self._leave(opening)
        self._heard = self._tried = None

    def _is_due(self) -> bool:
        return self._retry.due(self._out.clock(), self._out.cards())

    def _open(self, turn: int) -> _Opening:
        self._health[turn].reopened()
        opening = _Opening(turn, self._out.read(self._specs[turn]), self._out.tidy())
        opening.reading.start()
        return opening

    def _leave(self, opening: _Opening) -> None:
        if not opening.reading.leave(CLOSE_S):
            log.error("%s: its driver hangs and is left behind", self._specs[opening.turn])
            self._hanging.append(opening.reading)
        self._hanging = [reading for reading in self._hanging if not reading.ended]

    def _listen(self, heard: _Opening) -> None:
        try:
            arrived = heard.reading.take(SLICE_S)
        except EdgedError as exc:
            self._heard = None
            self._drop(heard, str(exc), next_turn=0)
            return
        if arrived is not None:
            self._deliver(heard, arrived)

    def _await(self, tried: _Opening) -> None:
        """Wait for the first frame of a source while none is heard."""
        try:
            arrived = tried.reading.take(SLICE_S)
        except EdgedError as exc:
            if not self._ever and tried.turn == 0 and not isinstance(exc, AudioDeviceLost):
                raise
            self._tried = None
            self._drop(tried, str(exc), next_turn=tried.turn + 1)
            return
        if arrived is not None:
            self._heard, self._tried = tried, None
            if self._lost_at is None:
                self._away = None
            self._timeline.reopen()
            self._deliver(tried, arrived)

    def _drop(self, opening: _Opening, reason: str, next_turn: int) -> None:
        """Close what failed; whose turn is next is tried at once, the first of all after a pause."""
        if self._ending:
            self._leave(opening)
            return
        self._say_lost(opening, reason)
        self._leave(opening)
        self._turn = next_turn % len(self._specs)
        if self._turn == 0:
            self._retry.failed(self._out.clock(), self._out.cards())
        if len(self._hanging) > LEFT_BEHIND:
            raise StageStalled(f"{len(self._hanging)} microphone drivers hang: {reason}")

    def _deliver(self, heard: _Opening, arrived: Arrived) -> None:
        """Count, judge and place a frame, hand it on, and act where it shows trouble."""
        looks = look(arrived.frame.pcm)
        frame = self._timeline.place(arrived.frame, arrived.at)
        self._ever = True
        self._sound.add(looks)
        self._sound.xruns += arrived.xruns - heard.xruns
        heard.xruns = arrived.xruns
        tidied = heard.tidy(frame.pcm)
        self._out.put(Frame(frame.start, tidied, frame.away, frame.overrun), arrived.at)
        if self._clipping.hear(looks):
            self._say_clipping()
        trouble = self._health[heard.turn].hear(looks)
        if trouble is not None:
            self._mend(heard, trouble)
        elif looks.kind == "sound":
            heard.flowed += looks.samples
            self._say_back(heard)
            if heard.turn == 0 and heard.flowed >= FLOWS_S * SAMPLE_RATE:
                heard.flowed = 0
                self._retry.flows(self._out.cards())

    def _mend(self, heard: _Opening, trouble: Trouble) -> None:
        self._heard = None
        if trouble == "stuck":
            self._drop(heard, REASONS[trouble], next_turn=heard.turn + 1)
            return
        self._say_lost(heard, REASONS[trouble])
        self._leave(heard)
        self._tried = self._open(heard.turn)

    def _try_the_preferred(self) -> None:
        """While another is heard: see whether the preferred one is back, and take it between commands."""
        if self._tried is None:
            if len(self._hanging) < LEFT_BEHIND and self._is_due():
                self._tried = self._open(0)
            return
        tried, arrived = self._tried, None
        try:
            while (newer := tried.reading.take(0)) is not None:
                arrived = newer  # what came during a command is old
        except EdgedError:
            self._tried = None
            self._leave(tried)
            self._retry.failed(self._out.clock(), self._out.cards())
            return
        if arrived is None or look(arrived.frame.pcm).kind != "sound" or self._out.in_command():
            return
        if self._heard is not None:
            self._leave(self._heard)
        self._heard, self._tried = tried, None
        tried.xruns = arrived.xruns  # what nobody listened to was not lost
        self._timeline.reopen()
        self._say(Device("back", self.spec, "there again and taken back"))
        self._deliver(tried, arrived)

    def _say_lost(self, opening: _Opening, reason: str) -> None:
        """Say once that sound is away, whatever happens until it is back; the newest reason is kept."""
        self._away = reason
        if self._lost_at is None:
            self._lost_at = self._out.clock()
            self._say(Device("lost", self._specs[opening.turn], reason))

    def _say_back(self, heard: _Opening) -> None:
        self._away = None
        if self._lost_at is None:
            return
        after = f"after {self._out.clock() - self._lost_at:.1f} s"
        reason = f"{after}, in the place of {self._specs[0]}" if heard.turn else after
        self._lost_at = None
        self._say(Device("back", self._specs[heard.turn], reason))

    def _say(self, body: Device) -> None:
        self._out.emit(self._timeline.end, body)

    def _say_clipping(self) -> None:
        spec = self.spec
        if self._clipping.bad:
            log.warning("%s: clipped: lower its mixer control or audio.gain_db", spec)
        else:
            log.info("%s: not clipped any more", spec)
