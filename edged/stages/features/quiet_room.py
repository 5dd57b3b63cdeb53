"""What a stream's embedding history holds before any sound: a quiet room.

openWakeWord fills it with the embeddings of loud random noise, unseeded. The embedding of constant mel, 34
times, is worse: the step from it to real sound looks like a word. Measured on 208 recordings without the
word, each from a fresh start: alexa fires in the first 15 hops of 32 of them after constant mel, of none
after a quiet room (highest score 0.20 over three seeds, 0.07 over levels of 3 to 100 LSB).
"""

import numpy as np

from edged.backends.backend import FeatureStream, Floats
from edged.geometry import DITHER_RMS, EMBEDDING, HISTORY, HOP, PRIME_STEPS
from edged.stages.features.features import Features

_SETTLE = PRIME_STEPS
"""Hops after which no embedding sees the mel at rest any more."""


def quiet_room(stream: FeatureStream) -> Floats:
    """Return the embeddings (34, 96) of a room with 10 LSB of noise in it, the same ones every time.

    stream: a stream to spend on it, of the backend whose embeddings the history will hold.

    Raises:
        ProviderFailed: the backend failed.
    """
    noise = np.random.RandomState(0)  # its numbers are frozen by numpy, those of default_rng are not
    features = Features(stream)
    heard = np.empty((HISTORY, EMBEDDING), np.float32)
    for hop in range(-_SETTLE, HISTORY):
        embedding = features.push(np.rint(noise.standard_normal(HOP) * DITHER_RMS).astype(np.int16))
        if hop >= 0:
            heard[hop] = embedding
    return heard
