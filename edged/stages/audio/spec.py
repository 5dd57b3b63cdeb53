"""What `--source` and `audio.source` may say."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edged.errors import ConfigError

LOWEST_RATE = 4_000
"""Samples per second; below, nothing of speech is left above 2 kHz."""
HIGHEST_RATE = 384_000
"""Samples per second of the fastest converters sold."""

FORMS = (
    "mic: or mic:NAME (see `edged devices`), arecord:PCM, wyoming:tcp://HOST:PORT, wyoming:unix://PATH, "
    "wav:PATH (wav, flac, ogg, mp3), stdin:RATE (raw int16 mono), or the path of a recording"
)


@dataclass(frozen=True, slots=True)
class WavSpec:
    """A recording on disk."""

    path: Path


@dataclass(frozen=True, slots=True)
class StdinSpec:
    """Raw int16 mono samples on standard input."""

    rate: int
    """Samples per second."""


@dataclass(frozen=True, slots=True)
class MicSpec:
    """A microphone of this machine, through PortAudio."""

    name: str
    """Card id, USB path or serial, part of a long name, or a name of PortAudio; empty: the best there is."""


@dataclass(frozen=True, slots=True)
class ArecordSpec:
    """An ALSA PCM, through the program arecord."""

    pcm: str


@dataclass(frozen=True, slots=True)
class WyomingSpec:
    """A Wyoming microphone service; a path, or host and port."""

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        if self.path:
            return f"wyoming:unix://{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"wyoming:tcp://{host}:{self.port}"


Spec = WavSpec | StdinSpec | MicSpec | ArecordSpec | WyomingSpec


def parse(text: str) -> Spec:
    """Return what a SPEC asks for.

    Raises:
        ConfigError: Not a SPEC.
    """
    kind, colon, rest = text.partition(":")
    if kind == "wav" and rest:
        return WavSpec(Path(rest))
    if kind == "stdin" and colon:
        return _stdin(text, rest)
    if _is_file(text):
        return WavSpec(Path(text))
    if kind in ("mic", "arecord") and colon and not rest.isprintable():
        raise ConfigError(f"source {text!r}: a name of printable characters is needed after {kind}:")
    if kind == "mic" and colon:
        return _mic(text, rest.strip())
    if kind == "arecord" and rest.strip():
        return ArecordSpec(rest.strip())
    if kind == "wyoming" and colon:
        return _wyoming(text, rest)
    raise ConfigError(f'source "{text}": must be {FORMS}')


def _stdin(text: str, rate: str) -> StdinSpec:
    if rate.isascii() and rate.isdigit() and LOWEST_RATE <= int(rate[:9]) <= HIGHEST_RATE:
        return StdinSpec(int(rate[:9]))
    raise ConfigError(
        f'source "{text}": RATE must be a whole number of samples per second '
        f"from {LOWEST_RATE} to {HIGHEST_RATE}, e.g. stdin:16000"
    )


def _mic(text: str, name: str) -> MicSpec:
    if name.isdigit() and len(name) <= 2:
        raise ConfigError(
            f'source "{text}": numbers of cards change from boot to boot; name it: see `edged devices`'
        )
    return MicSpec(name)


def _wyoming(text: str, uri: str) -> WyomingSpec:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:  # a port that is no number, half a bracket
        parts, port = urlsplit(""), None
    path = parts.netloc + parts.path
    if parts.scheme == "unix" and path and "\0" not in path:
        return WyomingSpec(path=path)
    if parts.scheme == "tcp" and parts.hostname and port and parts.path in ("", "/"):
        return WyomingSpec(host=parts.hostname, port=port)
    raise ConfigError(
        f'source "{text}": must be wyoming:tcp://HOST:PORT or wyoming:unix://PATH, '
        "e.g. wyoming:tcp://127.0.0.1:10600"
    )


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a name too long; a null byte
        return False
