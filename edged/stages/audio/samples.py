"""Raw samples as devices deliver them, to floats."""

import numpy as np
from numpy.typing import NDArray

WIDTHS = (2, 3, 4)
"""Bytes of a sample that can be read: int16, packed int24, int32, all little-endian."""


def to_float(data: bytes, width: int, channels: int) -> NDArray[np.float32]:
    """Return interleaved samples as shape (n, channels), full scale 1.0; int16 survives the way back exactly.

    data: whole samples of all channels.

    Raises:
        ValueError: Another width, or not whole samples.
    """
    if width == 2:
        return _scaled(np.frombuffer(data, "<i2"), channels, 2**15)
    if width == 4:
        return _scaled(np.frombuffer(data, "<i4"), channels, 2**31)
    if width != 3:
        raise ValueError(f"samples of {width} bytes; {WIDTHS} can be read")
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return _scaled(wide.reshape(-1).view("<i4"), channels, 2**31)


def _scaled(samples: NDArray[np.signedinteger], channels: int, full_scale: int) -> NDArray[np.float32]:
    return (samples.astype(np.float32) / np.float32(full_scale)).reshape(-1, channels)
