"""A recording that libsndfile does not know (mp4, m4a, aac, webm, amr, video), by way of ffmpeg.

ffmpeg reads what strangers wrote, so it is a process that may be ended at any time, with little memory, no
network, no file but the one and no format that points to others (playlists, concat, image sequences).
"""

import logging
import os
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edged.errors import AudioInputError, UnsupportedAudio
from edged.messages import Frame
from edged.stages.audio.convert import Converter, Pcm
from edged.stages.audio.hops import hops
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.program import Program
from edged.stages.audio.recording import Recording
from edged.stages.audio.source import Recorded
from edged.stages.audio.spec import HIGHEST_RATE, LOWEST_RATE

log = logging.getLogger(__name__)

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,aac,amr,amrnb,amrwb,asf,avi,mpeg,mpegts,flv,ac3,ape,tta,wv"
"""Demuxers that ffmpeg may use: containers that hold their sound themselves."""

SILENT_S = 30.0
"""Seconds that ffmpeg may deliver nothing: it is read as fast as it goes, so it hangs then."""

LIMITS = ("--as=1073741824", "--cpu=3600", "--fsize=0")
"""Of util-linux's prlimit: bytes of memory, processor seconds, bytes of any file that it writes."""

OWN = (b"fLaC", b"OggS", b"ID3")
"""How files begin that libsndfile would read if they were whole; wav says what it is a little later."""

NEITHER = "not a wav, flac, ogg or mp3 recording, nor"

PIECE = 32 * 1024
"""Bytes read at a time."""

AU = struct.Struct(">4s5I")
"""Header of what ffmpeg writes: magic, offset of the samples, bytes, encoding, rate, channels."""

FLOAT = 6
"""AU's encoding of big-endian float32."""


def open_recording(path: Path, intake: Intake = AS_IT_IS) -> Recorded:
    """Open a recording of any form that can be read here.

    Raises:
        UnsupportedAudio: neither wav, flac, ogg nor mp3, and ffmpeg is not installed.
        AudioInputError: as `Recording` and `Container`.
    """
    try:
        return Recording(path, intake)
    except UnsupportedAudio as exc:
        if _own(_begins(path)):
            raise AudioInputError(str(exc)) from exc
        if shutil.which("ffmpeg") is None:
            raise UnsupportedAudio(f"{exc}; other forms need ffmpeg: apt install ffmpeg") from exc
    return Container(path, intake)


class Container:
    """A file as a source of frames, like `Recording`; how long it is shows at its end.

    Raises:
        AudioInputError: ffmpeg cannot read the file, or it holds no sound, or lacks the channel.
        ConfigError: ffmpeg cannot be run.
    """

    name = "wav"
    live = False
    xruns = 0
    expected_s = 0.0

    def __init__(self, path: Path, intake: Intake = AS_IT_IS) -> None:
        self._path = path
        self._program = Program(_command(path), "ffmpeg", {**os.environ, "LC_ALL": "C"})
        self._rest = b""
        self._interrupted = False
        try:
            self.rate, self._channels = self._header()
            channel = intake.channel
            if channel != "mix" and channel >= self._channels:
                raise AudioInputError(
                    f"{path}: channel {channel} asked for, but it has {self._channels}, counted from 0"
                )
        except BaseException:
            self._program.close()
            raise
        self._frames = hops(self._pieces(Converter(self.rate, intake)))

    def read(self) -> Frame | None:
        """Return the next frame; see `Source`."""
        return next(self._frames, None)

    def interrupt(self) -> None:
        """End a read that waits; see `Source`."""
        self._interrupted = True
        self._program.interrupt()

    def close(self) -> None:
        """End ffmpeg; see `Source`."""
        self._frames = iter(())
        self._program.close()

    def _header(self) -> tuple[int, int]:
        """Return rate and channels."""
        while len(self._rest) < AU.size and (data := self._more()):
            self._rest += data
        if len(self._rest) < AU.size:
            raise AudioInputError(f"{self._path}: {self._trouble()}")
        magic, offset, _, encoding, rate, channels = AU.unpack_from(self._rest)
        if magic != b".snd" or encoding != FLOAT or not channels:
            raise AudioInputError(f"{self._path}: ffmpeg answers nonsense")
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise AudioInputError(
                f"{self._path}: {rate} samples per second; {LOWEST_RATE} to {HIGHEST_RATE} can be read"
            )
        while len(self._rest) < offset and (data := self._more()):
            self._rest += data
        self._rest = self._rest[offset:]
        return rate, channels

    def _pieces(self, converter: Converter) -> Iterator[Pcm]:
        size = 4 * self._channels
        heard = 0
        while data := self._rest or self._more():
            self._rest = b""
            while len(data) % size and (more := self._more()):
                data += more
            whole = len(data) - len(data) % size
            samples = np.frombuffer(data[:whole], ">f4").astype(np.float32).reshape(-1, self._channels)
            if not np.isfinite(samples).all():
                raise AudioInputError(f"{self._path}: a sample after {heard / self.rate:.1f} s is no number")
            heard += len(samples)
            yield converter.push(samples)
        if self._interrupted:
            return
        if not heard:
            raise AudioInputError(f"{self._path}: {self._trouble()}")
        how = self._program.ended()
        if how != "ended with status 0":
            log.warning("%s: damaged: ffmpeg %s after %.1f s", self._path, how, heard / self.rate)
        yield converter.finish()

    def _more(self) -> bytes:
        """Wait for some bytes; none at the end.

        Raises:
            AudioInputError: ffmpeg hangs.
        """
        try:
            while self._program.wait(SILENT_S):
                self._program.lines()  # its standard error must not fill up
                if (data := self._program.read(PIECE)) is not None:
                    return data
        except TimeoutError as exc:
            raise AudioInputError(f"{self._path}: ffmpeg delivered nothing for {SILENT_S:g} s") from exc
        return b""

    def _trouble(self) -> str:
        """Return why no sound came, from what ffmpeg said."""
        how = self._program.ended()
        said = self._program.said
        if any("matches no streams" in line for line in said):
            return "holds no sound"
        reasons = [line.removeprefix(f"file:{self._path.absolute()}: ") for line in said]
        if any("not on whitelist" in line.lower() for line in reasons):
            return f"{NEITHER} one of another form that is read"
        why = reasons[-1].rstrip(".") if reasons else how
        return f"{NEITHER} one that ffmpeg decodes: {why[:1].lower()}{why[1:]}"


def _command(path: Path) -> list[str]:
    """Return ffmpeg's command line; where util-linux is there, bounded and unable to outlive its parent."""
    bounds = [prlimit, *LIMITS] if (prlimit := shutil.which("prlimit")) else []
    bounds += [setpriv, "--pdeathsig", "KILL"] if (setpriv := shutil.which("setpriv")) else []
    how = ["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"]
    bars = ["-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS]
    what = ["-i", f"file:{path.absolute()}", "-map", "0:a:0", "-vn", "-sn", "-dn", "-map_metadata", "-1"]
    return [*bounds, "ffmpeg", *how, *bars, *what, "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]


def _own(head: bytes) -> bool:
    return head.startswith(OWN) or (head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] in (b"WAVE", b""))


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(12)
    except OSError:
        return b""
