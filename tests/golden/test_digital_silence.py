"""Why silence is dithered: a head takes the way out of exact zeros for its word, not that out of noise."""

import numpy as np
import pytest

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.geometry import HOP
from edged.runtime.scorer import Scorer
from edged.stages.audio.dither import Dither
from edged.stages.audio.recording import read_all
from tests.assets import asset

THRESHOLD = 0.5


@pytest.fixture(scope="module")
def chain() -> Scorer:
    features = CpuFeatures(
        asset("wake/features/melspectrogram.onnx"), asset("wake/features/embedding_model.onnx")
    )
    return Scorer(features, CpuHeads([HeadModel("alexa", asset("wake/heads/alexa_v0.1.onnx"), ())]))


def peak(chain: Scorer, pcm: np.ndarray) -> float:
    chain.reset()
    return float(chain.run(pcm, HOP).max())


MUTED = [
    ("wake/negative/view_glass/1ec9a03b-d029-4d04-8604-2c00f6fedee8.wav", 0, 40_311, 14_227),
    ("negative/meetings/ES2011a.Headset-0-40s-46s.wav", 12 * HOP, 40_214, 924),
]
"""A recording without the word; samples heard of it, samples muted, and where in it sound comes back."""


@pytest.mark.parametrize(("file", "heard", "muted", "back"), MUTED, ids=["from the start", "after speech"])
def test_a_mute_button_wakes_somebody_with_exact_zeros_and_nobody_with_dither(
    chain, file, heard, muted, back
):
    pcm = read_all(asset(file))
    gated = np.concatenate([pcm[:heard], np.zeros(muted, np.int16), pcm[back : back + 24_000]])
    assert peak(chain, gated) > THRESHOLD
    assert peak(chain, Dither().push(gated)) < 0.2
