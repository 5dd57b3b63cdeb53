"""The sound of a clip as FLAC: any player plays it, and every sample comes back as it was."""

import io
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from edged.errors import AudioInputError
from edged.geometry import SAMPLE_RATE

Channels = NDArray[np.int16]
"""Shape (samples, channels), 16 kHz."""


def encoded(sound: Channels) -> bytes:
    """Return the bytes of a FLAC file."""
    buffer = io.BytesIO()
    _soundfile().write(buffer, sound, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def decoded(data: bytes, where: str) -> Channels:
    """Return the sound of a FLAC file.

    Raises:
        AudioInputError: it is damaged; `where` is named.
    """
    try:
        sound, rate = _soundfile().read(io.BytesIO(data), dtype="int16", always_2d=True)
    except _soundfile().LibsndfileError as exc:
        raise AudioInputError(f"{where}: is damaged: {exc}") from exc
    if rate != SAMPLE_RATE:
        raise AudioInputError(f"{where}: {rate} samples per second; the sound of a clip has {SAMPLE_RATE}")
    return cast("Channels", sound)


def _soundfile() -> Any:
    import soundfile  # ships no type stubs, and who keeps no clips needs none

    return soundfile
