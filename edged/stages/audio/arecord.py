"""An ALSA PCM through the program arecord, at the rate and with the channels that the hardware has."""

import os
import re
import time
from contextlib import suppress

from edged.stages.audio.alarm import Clock
from edged.stages.audio.cards import Card, capture_cards
from edged.stages.audio.hardware import WIDTHS, Form, opened, suited
from edged.stages.audio.intake import Intake
from edged.stages.audio.live import Sound
from edged.stages.audio.program import Program
from edged.stages.audio.samples import to_float
from edged.stages.audio.trouble import explained

PACKAGE = "alsa-utils"
PERIOD_US, BUFFER_US = 20_000, 500_000
"""Microseconds: a wake-up each 20 ms, and half a second before a late reader costs samples."""
DUMP_S = 2.0
"""Seconds that arecord may take to tell what the hardware has; then it is opened by a guess."""
READ_BYTES = 32 * 1024
NATIVE = ("--disable-resample", "--disable-channels")
"""What converters of ALSA would make of a card is of no interest: soxr and `Converter` do it better."""


def card_of(pcm: str) -> Card | None:
    """Return the card that a PCM names, e.g. `plughw:CARD=USB,DEV=0` or `hw:1`, if it is there."""
    name = re.search(r"(?:CARD=|hw:)(?!CARD=)([^,]+)", pcm)
    cards = capture_cards()
    return next((card for card in cards if name and name[1] in (card.id, str(card.index))), None)


class Arecord:
    """A feed from `arecord -D PCM`.

    Samples that its ring lost are those that the ring held, because an overrun empties it (ALSA's
    `snd_pcm_prepare`), and those of the time that arecord tells: "overrun!!! (at least 12.3 ms long)".

    Raises:
        ConfigError: arecord is not installed; from `receive`: ALSA knows no such PCM.
    """

    def __init__(self, pcm: str, intake: Intake, clock: Clock = time.monotonic) -> None:
        self.what = f"arecord:{pcm}"
        self._pcm = pcm
        self._clock = clock
        self._form = suited(self._dump(), intake)
        self._ring = 0
        self._setup: list[str] | None = []
        """What arecord says before the first sample."""
        self._half = b""
        self._lost = 0
        self._ahead: int | None = None
        """Bytes of sound that lie in the pipe before a loss that was told."""
        timing = (f"--period-time={PERIOD_US}", f"--buffer-time={BUFFER_US}")
        self._program = self._start(*NATIVE, "-v", *timing, form=self._form)

    def receive(self, timeout_s: float) -> Sound | None:
        """Wait for some sound; see `Feed`."""
        deadline = self._clock() + timeout_s
        while self._program.wait(deadline - self._clock()):
            for line in self._program.lines():
                self._note(line)
            if (sound := self._take()) is not None:
                return sound
        return None

    def interrupt(self) -> None:
        """End a `receive`; see `Feed`."""
        self._program.interrupt()

    def close(self) -> None:
        """End arecord; see `Feed`."""
        self._program.close()

    def _start(self, *options: str, form: Form) -> Program:
        asked = ("-f", form.format, "-c", str(form.channels), "-r", str(form.rate))
        command = ("arecord", "-D", self._pcm, "-t", "raw", *options, *asked)
        return Program(command, PACKAGE, {**os.environ, "LC_ALL": "C"})

    def _dump(self) -> str:
        """Return what arecord says of the PCM's hardware; that it cannot be opened is told by `receive`."""
        program = self._start(*NATIVE, "--dump-hw-params", "-s", "1", form=Form())
        deadline = self._clock() + DUMP_S
        lines: list[str] = []
        try:
            with suppress(TimeoutError):
                while program.wait(deadline - self._clock()) and program.read(READ_BYTES) != b"":
                    lines += program.lines()
            return "\n".join([*lines, *program.rest()])
        finally:
            program.close()

    def _note(self, line: str) -> None:
        if self._setup is not None:
            self._setup.append(line)
        overrun = re.search(r"overrun!!! \(at least ([0-9.]{1,12}) ms", line)
        if overrun is not None:
            self._learn()
            with suppress(ValueError):  # 1.2.3
                self._lost += round(float(overrun[1]) * self._form.rate / 1000)
            self._lost += max(1, self._ring)
            self._ahead = self._program.waiting()

    def _learn(self) -> None:
        """What it says before its first sample is complete."""
        if self._setup is not None:
            self._form, self._ring = opened("\n".join(self._setup), self._form)
            self._setup = None

    def _take(self) -> Sound | None:
        data = self._program.read(READ_BYTES if not self._ahead else min(READ_BYTES, self._ahead))
        if data is None:
            return None
        if not data:
            ended = self._program.ended()
            raise explained(self.what, [*self._program.said], f"arecord {ended}", card_of(self._pcm))
        self._learn()
        lost = 0
        if self._ahead:
            self._ahead -= len(data)
        elif self._ahead == 0:
            lost, self._lost, self._ahead = self._lost, 0, None
        data = self._half + data
        whole = len(data) - len(data) % self._form.frame_bytes
        self._half = data[whole:]
        samples = to_float(data[:whole], WIDTHS[self._form.format], self._form.channels)
        return Sound(samples, self._form.rate, lost)
