"""What `--source` and `audio.source` may say."""

from dataclasses import dataclass
from pathlib import Path

from edged.errors import ConfigError

LOWEST_RATE = 4_000
"""Samples per second; below, nothing of speech is left above 2 kHz."""
HIGHEST_RATE = 384_000
"""Samples per second of the fastest converters sold."""

LATER = ("mic", "arecord", "wyoming")
"""Kinds whose place is kept and that are refused by name."""

FORMS = "wav:PATH (wav, flac, ogg, mp3), stdin:RATE (raw int16 mono), or the path of a recording"


@dataclass(frozen=True, slots=True)
class WavSpec:
    """A recording on disk."""

    path: Path


@dataclass(frozen=True, slots=True)
class StdinSpec:
    """Raw int16 mono samples on standard input."""

    rate: int
    """Samples per second."""


Spec = WavSpec | StdinSpec


def parse(text: str) -> Spec:
    """Return what a SPEC asks for.

    Raises:
        ConfigError: Not a SPEC, or one of a kind that is not built yet.
    """
    kind, colon, rest = text.partition(":")
    if kind == "wav" and rest:
        return WavSpec(Path(rest))
    if kind == "stdin" and colon:
        if rest.isascii() and rest.isdigit() and LOWEST_RATE <= int(rest[:9]) <= HIGHEST_RATE:
            return StdinSpec(int(rest[:9]))
        raise ConfigError(
            f'source "{text}": RATE must be a whole number of samples per second '
            f"from {LOWEST_RATE} to {HIGHEST_RATE}, e.g. stdin:16000"
        )
    if _is_file(text):
        return WavSpec(Path(text))
    if kind in LATER and colon:
        raise ConfigError(f'source "{text}": {kind}: is not built yet in this version; use {FORMS}')
    raise ConfigError(f'source "{text}": must be {FORMS}')


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a name too long; a null byte
        return False
