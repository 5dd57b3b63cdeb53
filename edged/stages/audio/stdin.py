"""Raw int16 mono samples from a pipe as a source."""

import logging
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from edged.errors import AudioInputError
from edged.geometry import HOP, SAMPLE_RATE
from edged.messages import Frame
from edged.stages.audio.convert import FULL_SCALE, Converter, Pcm
from edged.stages.audio.hops import hops
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.pipe import Pipe

log = logging.getLogger(__name__)


class Bytes(Protocol):
    """Where raw samples come from."""

    def read1(self, size: int = -1, /) -> bytes:
        """Wait for some bytes, at most `size`; none at the end."""
        ...


class Stdin:
    """A stream of little-endian int16 mono samples as a source of frames; it does not close the stream.

    Raises:
        AudioInputError: A channel other than the only one is asked for; from `read`: the stream fails, or
            ends before its first sample.
    """

    name = "stdin"
    live = False
    xruns = 0

    def __init__(self, stream: Bytes, rate: int, intake: Intake = AS_IT_IS) -> None:
        if intake.channel not in ("mix", 0):
            raise AudioInputError(
                f"stdin: channel {intake.channel} asked for, but raw samples have only channel 0"
            )
        self.rate = rate
        self._stream = stream
        self._closed = False
        self._frames = hops(self._pieces(Converter(rate, intake)))

    def read(self) -> Frame | None:
        """Return the next frame; see `Source`."""
        return None if self._closed else next(self._frames, None)

    def interrupt(self) -> None:
        """End a read that waits; see `Source`."""
        self._closed = True
        if isinstance(self._stream, Pipe):
            self._stream.interrupt()

    def close(self) -> None:
        """Stop reading; see `Source`."""
        self._closed = True
        if isinstance(self._stream, Pipe):
            self._stream.close()

    def _pieces(self, converter: Converter) -> Iterator[Pcm]:
        wanted = 2 * -(-HOP * self.rate // SAMPLE_RATE)  # bytes of one hop, rounded up
        rest, received = b"", 0
        while data := self._receive(wanted):
            received += len(data)
            data = rest + data
            whole = len(data) - len(data) % 2
            rest = data[whole:]
            if whole:
                samples = np.frombuffer(data[:whole], "<i2").astype(np.float32) / np.float32(FULL_SCALE)
                yield converter.push(samples[:, None])
        if self._closed:
            return
        if received < 2:
            raise AudioInputError("stdin: ended before the first sample")
        if rest:
            log.warning("stdin: ended in the middle of a sample")
        yield converter.finish()

    def _receive(self, wanted: int) -> bytes:
        """Wait for some bytes, at most `wanted`; none at the end."""
        try:
            return self._stream.read1(wanted)  # what is there: waiting for a whole hop would add its delay
        except (OSError, ValueError) as exc:  # ValueError: closed
            raise AudioInputError(f"stdin: cannot be read: {exc}") from exc
