"""Embeddings and scores of sounds made here, pinned; `scripts/update-golden` writes them anew."""

from pathlib import Path

import numpy as np
import pytest

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.geometry import HOP
from edged.runtime.scorer import Scorer
from edged.stages.features.features import Features
from edged.stages.features.quiet_room import quiet_room
from tests.oww_models import model
from tests.sounds import chirps, noise

GOLDEN = Path(__file__).with_name("scores.npz")
SOUNDS = {"noise": noise(7, 40), "chirps": chirps(40)}
HEADS = ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "timer", "weather")


def compute() -> dict[str, np.ndarray]:
    """Everything that is pinned, by name."""
    features = CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))
    heads = CpuHeads([HeadModel(name, model(f"{name}_v0.1.onnx")) for name in HEADS])
    found = {"quiet_room": quiet_room(features.stream())}
    for name, pcm in SOUNDS.items():
        stream = Features(features.stream())
        hops = [stream.push(pcm[at : at + HOP]).copy() for at in range(0, len(pcm), HOP)]
        found[f"{name}_embeddings"] = np.stack(hops)
        found[f"{name}_scores"] = Scorer(features, heads).run(pcm, HOP)
    return found


@pytest.fixture(scope="module")
def computed() -> dict[str, np.ndarray]:
    return compute()


# absolute; embeddings reach 70, other processors sum in another order
@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("quiet_room", 1e-3)]
    + [
        (f"{sound}_{what}", {"embeddings": 1e-3, "scores": 1e-4}[what])
        for sound in SOUNDS
        for what in ("embeddings", "scores")
    ],
)
def test_numbers_are_those_that_were_pinned(computed, name, tolerance):
    with np.load(GOLDEN) as golden:
        pinned = golden[name]
    assert pinned.shape == computed[name].shape
    assert np.abs(pinned - computed[name]).max() <= tolerance


def test_pinned_scores_say_something():
    with np.load(GOLDEN) as golden:
        assert max(golden[f"{sound}_scores"].max() for sound in SOUNDS) > 1e-3
