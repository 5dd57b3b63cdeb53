"""A recording on disk as a source: wav, flac, ogg and mp3 by libsndfile, decoded in blocks."""

import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from edged.errors import AudioInputError, UnsupportedAudio
from edged.geometry import SAMPLE_RATE
from edged.messages import Frame
from edged.stages.audio.convert import Converter, Pcm
from edged.stages.audio.hops import hops
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.spec import HIGHEST_RATE, LOWEST_RATE

log = logging.getLogger(__name__)

BLOCK = 4_096
"""Samples per channel decoded at a time: memory does not grow with the length of a recording."""
MOST_CHANNELS = 64
"""Of samples without a header: more is a mistake of whoever says so."""
PLACEHOLDER = 0x7FFF_0000
"""Bytes of sound, 2 GiB or more, that recorders which write to a pipe put into a WAV header for "unknown"."""
SUBTYPES = {1: "PCM_S8", 2: "PCM_16", 3: "PCM_24", 4: "PCM_32"}
"""libsndfile's names of signed little-endian samples, by bytes."""
TOLERATED_S = 0.1
"""Seconds a recording may end early without a word: the length of an mp3 is an estimate."""


@dataclass(frozen=True, slots=True)
class Raw:
    """How samples without a header are kept: signed, little-endian, channels interleaved."""

    rate: int
    """Samples per second and channel."""
    width: int = 2
    """Bytes per sample, 1 to 4."""
    channels: int = 1

    def __post_init__(self) -> None:
        """Raises AudioInputError where no recording can be kept so."""
        if not LOWEST_RATE <= self.rate <= HIGHEST_RATE:
            raise AudioInputError(
                f"{self.rate} samples per second; {LOWEST_RATE} to {HIGHEST_RATE} can be read"
            )
        if self.width not in SUBTYPES:
            raise AudioInputError(f"{self.width} bytes per sample; 1 to 4 can be read")
        if not 1 <= self.channels <= MOST_CHANNELS:
            raise AudioInputError(f"{self.channels} channels; 1 to {MOST_CHANNELS} can be read")


class Recording:
    """A file as a source of frames.

    A file that ends before its header says so, or is damaged further on, is played as far as it goes, with
    a warning that says how much is missing.

    Raises:
        AudioInputError: The file cannot be opened or decoded, holds no sound, lacks the channel, or holds
            NaN or infinity (from `read` as well, when that comes later in the file).
    """

    name = "wav"
    live = False
    xruns = 0

    def __init__(self, path: Path, intake: Intake = AS_IT_IS, raw: Raw | None = None) -> None:
        """Open it. `raw`: samples without a header, kept so; None: the header tells."""
        channel = intake.channel
        self._path = path
        self._decoded = 0
        with ExitStack() as stack:
            self._file = _open(path, stack, raw)
            self.rate = int(self._file.samplerate)
            channels = int(self._file.channels)
            if not LOWEST_RATE <= self.rate <= HIGHEST_RATE:
                raise AudioInputError(
                    f"{path}: {self.rate} samples per second; {LOWEST_RATE} to {HIGHEST_RATE} can be read"
                )
            if channel != "mix" and channel >= channels:
                raise AudioInputError(
                    f"{path}: channel {channel} asked for, but it has {channels}, counted from 0"
                )
            self._promised = _promised(self._file)
            first = self._block()
            if not len(first):
                raise AudioInputError(f"{path}: holds no sound")
            self._stack = stack.pop_all()
        self._frames = hops(self._pieces(first, Converter(self.rate, intake)))

    @property
    def expected_s(self) -> float:
        """Seconds that the header speaks of, 0 where it does not know."""
        return self._promised / self.rate

    def read(self) -> Frame | None:
        """Return the next frame; see `Source`."""
        return next(self._frames, None)

    def interrupt(self) -> None:
        """A recording never waits; see `Source`."""

    def close(self) -> None:
        """Close the file; see `Source`."""
        self._frames = iter(())
        self._stack.close()

    def _pieces(self, block: NDArray[np.float32], converter: Converter) -> Iterator[Pcm]:
        while len(block):
            yield converter.push(block)
            block = self._block()
        yield converter.finish()
        missing = (self._promised - self._decoded) / self.rate
        if missing > TOLERATED_S:
            log.warning(
                "%s: ends early: %.1f of %.1f s are missing", self._path, missing, self._promised / self.rate
            )

    def _block(self) -> NDArray[np.float32]:
        """Decode the next samples, shape (n, channels); none at the end or where damage begins."""
        try:
            block = cast("NDArray[np.float32]", self._file.read(BLOCK, dtype="float32", always_2d=True))
        except _soundfile().LibsndfileError as exc:
            if not self._decoded:
                raise AudioInputError(f"{self._path}: cannot be decoded: {_reason(exc)}") from exc
            at = self._decoded / self.rate
            log.warning("%s: damaged: cannot be decoded after %.1f s (%s)", self._path, at, _reason(exc))
            self._promised = self._decoded  # said already
            return np.zeros((0, 1), np.float32)
        finite = np.isfinite(block).all(axis=1)
        if not finite.all():
            at = (self._decoded + int(finite.argmin())) / self.rate
            raise AudioInputError(f"{self._path}: the sample at {at:.4f} s is NaN or infinite")
        self._decoded += len(block)
        return block


def read_all(path: Path, max_s: float = 3600.0, intake: Intake = AS_IT_IS) -> Pcm:
    """Return a whole recording, shape (n,), for recordings known to fit into memory.

    Raises:
        AudioInputError: As `Recording`, or it is longer than `max_s` seconds.
    """
    recording = Recording(path, intake)
    pieces: list[Pcm] = []
    samples = 0
    try:
        while (frame := recording.read()) is not None:
            pieces.append(frame.pcm)
            samples += len(frame.pcm)
            if samples > max_s * SAMPLE_RATE:
                raise AudioInputError(f"{path}: longer than {max_s:g} s")
    finally:
        recording.close()
    return np.concatenate(pieces)


def _soundfile() -> Any:
    import soundfile  # ships no type stubs

    return soundfile


def _open(path: Path, stack: ExitStack, raw: Raw | None) -> Any:
    """Open a file for decoding; both the file and its decoder are closed by `stack`."""
    driver = _soundfile()
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "a device or pipe"
            raise AudioInputError(f"{path}: {what}, not a recording")
        # a descriptor: by name, libsndfile hides why a file does not open, and takes `.raw` as a promise
        handle = stack.enter_context(path.open("rb"))
        if not path.stat().st_size:
            raise AudioInputError(f"{path}: empty file")
        how: dict[str, Any] = {} if raw is None else _as_raw(raw)
        file = stack.enter_context(driver.SoundFile(handle.fileno(), closefd=False, **how))
    except OSError as exc:
        raise AudioInputError(f"{path}: {(exc.strerror or 'cannot be read').lower()}") from exc
    except ValueError as exc:  # a null byte in the name
        raise AudioInputError(f"{path}: {exc}") from exc
    except driver.LibsndfileError as exc:
        raise UnsupportedAudio(f"{path}: not a wav, flac, ogg or mp3 recording: {_reason(exc)}") from exc
    # soundfile 0.14 seeks to where it is after each read, which silences some mp3
    file.seekable = lambda: False
    return file


def _as_raw(raw: Raw) -> dict[str, Any]:
    how = {"format": "RAW", "subtype": SUBTYPES[raw.width], "endian": "LITTLE"}
    return {**how, "samplerate": raw.rate, "channels": raw.channels}


def _promised(file: Any) -> int:
    """Return the samples per channel that the header speaks of.

    libsndfile corrects a WAV header that says more than there is, and leaves a note in its log.
    """
    frames = int(file.frames)
    note = re.search(r"^\s*data : (\d+) \(should be (\d+)\)", file.extra_info, re.MULTILINE)
    if note is None:
        return frames if frames < 2**62 else 0  # libsndfile's "unknown"
    said, there = int(note[1]), int(note[2])
    return frames * said // there if 0 < there < said < PLACEHOLDER else frames


def _reason(exc: Any) -> str:
    text = str(exc.error_string).strip().rstrip(".")
    return text[:1].lower() + text[1:] if text else "damaged"
