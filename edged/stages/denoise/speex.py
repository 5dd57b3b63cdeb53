"""The noise suppressor of speexdsp: steady noise, as of a fan, about 15 dB down."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edged.errors import ProviderUnavailable
from edged.geometry import DITHER_RMS, SAMPLE_RATE

Pcm = NDArray[np.int16]
"""Shape (n,), mono, 16 kHz."""

FRAME = 160
"""Samples per step of the suppressor, 10 ms, as openWakeWord has it: a hop is eight of them."""

DELAY = FRAME
"""Samples by which what comes out is late: it adds up overlapping windows."""

_PERIOD = 1 << 15
"""Samples of noise made once and used around again: 2 s."""


class Suppressor:
    """One stream of sound, cleaned, above a floor of noise of 10 LSB rms.

    Without the floor a quiet room becomes digital silence (measured: noise of 3 LSB rms leaves nothing but
    zeros, of 10 LSB every second sample is one), which makes heads fire.
    """

    def __init__(self) -> None:
        """Raises ProviderUnavailable where speexdsp-ns is not installed."""
        self._driver = _driver()
        noise = np.random.RandomState(1)  # its numbers are frozen by numpy, those of default_rng are not
        self._noise = np.rint(noise.standard_normal(_PERIOD) * DITHER_RMS).astype(np.int32)
        self.reset()

    def push(self, pcm: Pcm) -> Pcm:
        """Take whole frames, shape (n * FRAME,); return as many samples, `DELAY` late.

        Raises:
            ValueError: not whole frames of int16: the library would read behind their end.
        """
        if pcm.ndim != 1 or pcm.dtype != np.int16 or len(pcm) % FRAME:
            raise ValueError(
                f"expected frames of {FRAME} int16 samples, got {pcm.dtype} of shape {pcm.shape}"
            )
        sound, step = pcm.tobytes(), 2 * FRAME
        cleaned = [self._speex.process(sound[at : at + step]) for at in range(0, len(sound), step)]
        floor = self._noise[np.arange(self._heard, self._heard + len(pcm)) % _PERIOD]
        self._heard += len(pcm)
        return (floor + np.frombuffer(b"".join(cleaned), np.int16)).clip(-32_768, 32_767).astype(np.int16)

    def reset(self) -> None:
        """Forget the noise: behind a gap it may be another."""
        self._speex = self._driver.create(FRAME, SAMPLE_RATE)
        self._heard = 0


def _driver() -> Any:
    try:
        import speexdsp_ns  # ships no type stubs
    except ImportError as exc:
        raise ProviderUnavailable(
            "speex",
            f"[denoise] path: {exc}; install speexdsp-ns (it has no wheel for Python 3.13), "
            'or say path = "off"',
        ) from exc
    module: Any = speexdsp_ns
    return module.NoiseSuppression
