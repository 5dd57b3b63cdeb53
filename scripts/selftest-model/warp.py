"""Cheap variation of log-mel batches while training: tempo, vocal tract, equalizer, masks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


def _uneven(rng: np.random.Generator, size: int) -> Tensor:
    """Positions from -1 to 1, shape (size,), read at a speed that drifts every 250 ms or so."""
    speed = torch.tensor(np.exp(rng.normal(0, 0.25, (1, 1, max(2, size // 25)))))
    speed = functional.interpolate(speed, size, mode="linear", align_corners=True)[0, 0]
    passed = speed.cumsum(0) - speed[0]
    return (passed / passed[-1] * 2 - 1).float()


def warp(rng: np.random.Generator, features: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
    """Distort a batch.

    Args:
        rng: the only source of chance.
        features: shape (batch, t, 80).
        frames: valid frames per clip, shape (batch,).

    Returns:
        Shape (batch, 80, t2) and the new lengths; t2 is 0.85 to 1.2 times t.
    """
    batch, t, bins = features.shape
    tempo = rng.uniform(0.85, 1.2)
    size = int(t * tempo)
    tract = rng.uniform(0.85, 1.18, batch)
    across = np.clip(np.arange(bins) * tract[:, None] * 2 / (bins - 1) - 1, -1, 1)
    along = _uneven(rng, size)
    grid = torch.stack(
        [
            torch.tensor(across, dtype=torch.float32)[:, None, :].expand(batch, size, bins),
            along[None, :, None].expand(batch, size, bins),
        ],
        3,
    )
    x = functional.grid_sample(features[:, None], grid, align_corners=True, padding_mode="border").squeeze(1)
    curve = torch.tensor(rng.normal(0, 1.2, (batch, 1, 6)), dtype=torch.float32)
    x = x + functional.interpolate(curve, bins, mode="linear", align_corners=True)
    x = x + torch.tensor(rng.normal(0, 1.0, (batch, 1, 1)), dtype=torch.float32)
    blank = float(x.mean())
    for clip in x:
        for _ in range(2):
            width = int(rng.integers(0, 12))
            start = int(rng.integers(0, bins - width))
            clip[:, start : start + width] = blank
            width = int(rng.integers(0, 10))
            start = int(rng.integers(0, max(1, size - width)))
            clip[start : start + width] = blank
    ends = torch.searchsorted(along, frames * 2.0 / t - 1)
    return x.transpose(1, 2), ends.clamp(max=size)
