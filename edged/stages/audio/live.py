"""What a microphone's feed delivers, as frames whose index keeps count of what was lost."""

import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edged.errors import AudioDeviceLost, ConfigError
from edged.geometry import HOP, SAMPLE_RATE
from edged.messages import Frame
from edged.stages.audio.alarm import Clock
from edged.stages.audio.convert import Converter, Pcm
from edged.stages.audio.intake import Intake
from edged.stages.audio.source import NO_FLOW_S

OPEN_S = 5.0
"""Seconds from the order to open to the first sample: PortAudio looks at every card, some take their time."""


@dataclass(frozen=True, slots=True)
class Sound:
    """What a feed received at once."""

    samples: NDArray[np.float32]
    """Shape (n, channels), n >= 0, full scale 1.0."""
    rate: int
    """Samples per second and channel."""
    lost: int = 0
    """Samples per channel that are missing just before these."""


class Feed(Protocol):
    """Where a live source gets its sound: one kind of device or service, opened."""

    @property
    def what(self) -> str:
        """What a sentence about it begins with: its SPEC."""
        ...

    def receive(self, timeout_s: float) -> Sound | None:
        """Wait for some sound; None after `interrupt`.

        Raises:
            TimeoutError: Nothing came in time.
            AudioDeviceLost: It failed or went away.
            ConfigError: It never can deliver what is asked of it.
        """
        ...

    def interrupt(self) -> None:
        """End a `receive` that waits, and every later one; from any thread."""
        ...

    def close(self) -> None:
        """Let go of it; closing twice is allowed."""
        ...


class Live:
    """A feed as a `Source`. Opened means that it delivered: the constructor waits for the first sound.

    After a loss everything starts afresh: frames of one hop are cut from sound without a hole in it, and the
    rest of a hop before the hole counts as lost with it.

    Raises:
        AudioDeviceLost: Nothing came within `open_s` seconds, or the feed failed.
        ConfigError: It lacks the channel asked for.
    """

    name = "mic"
    live = True

    def __init__(
        self,
        feed: Feed,
        intake: Intake,
        no_flow_s: float = NO_FLOW_S,
        open_s: float = OPEN_S,
        clock: Clock = time.monotonic,
    ) -> None:
        self._feed = feed
        self._intake = intake
        self._no_flow_s = no_flow_s
        self._clock = clock
        self._ready: deque[Frame] = deque()
        self._over = False
        self.xruns = 0
        self.rate = 0
        self._channels = 0
        self._base = 0
        """Index of the first sample after the last loss."""
        self._made = 0
        """Samples of frames since then."""
        self._origin = 0
        """Index at which the sound took its present form."""
        self._passed = 0
        """Samples per channel received or lost since then, before resampling."""
        self._rest: Pcm = np.zeros(0, np.int16)
        self._converter: Converter | None = None
        try:
            self._receive(clock() + open_s, open_s)
        except BaseException:
            feed.close()
            raise

    def read(self) -> Frame | None:
        """Return the next frame; see `Source`."""
        deadline = self._clock() + self._no_flow_s
        while not self._over:
            if self._ready:
                return self._ready.popleft()
            self._receive(deadline, self._no_flow_s)
        return None

    def interrupt(self) -> None:
        """End a read that waits; see `Source`."""
        self._over = True
        self._feed.interrupt()

    def close(self) -> None:
        """Let go of the feed; see `Source`."""
        self._over = True
        self._ready.clear()
        self._feed.close()

    def _receive(self, deadline: float, allowed_s: float) -> None:
        try:
            left = deadline - self._clock()
            if left <= 0:
                raise TimeoutError  # it trickles: a sample now and then is no flow either
            sound = self._feed.receive(left)
        except TimeoutError as exc:
            raise AudioDeviceLost(
                f"{self._feed.what}: no sound for {allowed_s:g} s; unplugged, asleep, or its driver hangs"
            ) from exc
        if sound is None:
            self._over = True
        elif len(sound.samples) or sound.lost:
            self._take(sound)

    def _take(self, sound: Sound) -> None:
        form = (sound.rate, sound.samples.shape[1])
        if sound.lost:
            self.xruns += 1
        if sound.lost or form != (self.rate, self._channels):
            self._start_afresh(sound.lost, *form)
        assert self._converter is not None
        self._passed += len(sound.samples)
        self._cut(self._converter.push(sound.samples))

    def _cut(self, pcm: Pcm) -> None:
        self._rest = np.concatenate([self._rest, pcm])
        while len(self._rest) >= HOP:
            self._ready.append(Frame(self._base + self._made, self._rest[:HOP]))
            self._rest = self._rest[HOP:]
            self._made += HOP

    def _start_afresh(self, lost: int, rate: int, channels: int) -> None:
        """Count on from behind a hole, or from where the sound changed its form."""
        channel = self._intake.channel
        if isinstance(channel, int) and channel >= channels:
            problem = f"{self._feed.what}: channel {channel} asked for, but it has {channels}, counted from 0"
            raise AudioDeviceLost(problem) if self.rate else ConfigError(problem)
        if self._converter is not None:
            self._cut(self._converter.finish())  # a resampler holds back the last moment
        self._passed += lost
        at = self._origin + self._passed * SAMPLE_RATE // (self.rate or rate)
        self._base = max(self._base + self._made, at)  # a resampler may round up: nothing is counted twice
        self._made = 0
        if rate != self.rate:
            self._origin, self._passed = self._base, 0
        self._rest = np.zeros(0, np.int16)
        self.rate, self._channels = rate, channels
        self._converter = Converter(rate, self._intake)
