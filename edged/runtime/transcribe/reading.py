"""A recording in parts, read as they are wanted: of hours of sound the length of one part is held."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from edged.backends.backend import VadStream
from edged.geometry import SAMPLE_RATE, VAD_WINDOW
from edged.runtime.cleaning import Cleaning
from edged.runtime.transcribe.cuts import Cutter, Part
from edged.stages.audio.ring import Ring
from edged.stages.audio.source import Source
from edged.stages.denoise.command import CONTEXT
from edged.stages.listen.speech import SpeechMeter
from edged.stages.recognize.recognizer import Pcm


@dataclass
class Spent:
    """Seconds that each step of one recording took."""

    read_s: float = 0.0
    vad_s: float = 0.0
    recognize_s: float = 0.0
    """Waiting for the recognizers, which decode while the next parts are read."""
    write_s: float = 0.0


@dataclass
class Parts:
    """The parts of one recording, in order, with their sound."""

    source: Source
    vad: VadStream
    cutter: Cutter
    limit: int
    """Most samples of one part."""
    cleaning: Cleaning
    """What the recognizer hears of it; the VAD hears sound as it came."""
    spent: Spent = field(default_factory=Spent)
    samples: int = 0
    """Read so far; at the end, of the whole recording."""

    def __iter__(self) -> Iterator[tuple[Part, Pcm]]:
        """Yield each part with its sound, shape (stop - start,).

        Raises:
            AudioInputError: the recording cannot be read further.
            ProviderFailed: the VAD broke.
        """
        ring = Ring(self.limit + SAMPLE_RATE + CONTEXT)
        meter = SpeechMeter(self.vad)
        meter.restart(0)
        while True:
            before = time.perf_counter()
            frame = self.source.read()
            self.spent.read_s += time.perf_counter() - before
            if frame is None:
                break
            ring.push(frame.pcm)
            for part in self._heard(ring, meter):
                yield part, self._sound(ring, part)
        self.samples = ring.end
        for part in self.cutter.finish(ring.end):
            yield part, self._sound(ring, part)

    def _sound(self, ring: Ring, part: Part) -> Pcm:
        self.cleaning.open(ring, part.start)
        return self.cleaning.command(ring.read(part.start, part.stop), last=True)

    def _heard(self, ring: Ring, meter: SpeechMeter) -> list[Part]:
        """Return the parts that the newest frame completes."""
        before = time.perf_counter()
        parts: list[Part] = []
        for window in meter.advance(ring, ring.end):
            part = self.cutter.update(
                window.probability, level(ring.read(window.end - VAD_WINDOW, window.end))
            )
            if part is not None:
                parts.append(part)
        self.samples = ring.end
        self.spent.vad_s += time.perf_counter() - before
        return parts


def level(pcm: Pcm) -> float:
    """Return the mean square of some samples: enough to tell which of two places is quieter."""
    floats = pcm.astype(np.float32)
    return float(np.dot(floats, floats)) / max(1, len(pcm))
