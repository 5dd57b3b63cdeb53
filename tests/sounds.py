"""Sounds that tests make themselves, the same on every machine."""

import numpy as np

from edged.geometry import HOP, SAMPLE_RATE


def noise(seed: int, hops: int, rms: float = 800.0) -> np.ndarray:
    """Noise whose loudness wanders, shape (hops * 1280,), int16."""
    rng = np.random.RandomState(seed)  # its stream is frozen by numpy, default_rng's is not
    loud = np.repeat(rng.uniform(0.1, 2.0, hops) * rms, HOP)
    return (rng.standard_normal(hops * HOP) * loud).clip(-32768, 32767).astype(np.int16)


def chirps(hops: int) -> np.ndarray:
    """Rising tones with overtones over a floor of noise: more like a voice than noise is."""
    t = np.arange(hops * HOP) / SAMPLE_RATE
    phase = 2 * np.pi * (140 * t + 40 * np.sin(2 * np.pi * 1.7 * t))
    tone = sum(np.sin(k * phase) * (1.0 + np.sin(2 * np.pi * (0.6 + 0.3 * k) * t)) / k for k in range(1, 12))
    return (tone * 1500).astype(np.int16) + noise(99, hops, 30.0)
