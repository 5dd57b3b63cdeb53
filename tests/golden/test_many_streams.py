import numpy as np
import pytest

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.geometry import HOP
from edged.runtime.scorer import Scorer
from edged.stages.features.quiet_room import quiet_room
from tests.oww_models import model
from tests.sounds import noise

STREAMS, SOUNDS, HOPS = 1000, 20, 8


@pytest.fixture(scope="module")
def features() -> CpuFeatures:
    return CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))


def test_a_thousand_streams_in_turn_each_get_the_scores_of_their_own_sound(features):
    heads = CpuHeads([HeadModel("alexa", model("alexa_v0.1.onnx"))])
    recordings = [noise(seed, HOPS, 300.0 + 400 * seed) for seed in range(SOUNDS)]
    alone = [Scorer(features, heads).run(pcm, HOP) for pcm in recordings]
    assert len({scores.tobytes() for scores in alone}) == SOUNDS
    before = quiet_room(features.stream())
    scorers = [Scorer(features, heads, before) for _ in range(STREAMS)]
    for hop in range(HOPS):
        for index, scorer in enumerate(scorers):
            pcm = recordings[(index * 7) % SOUNDS]
            (scores,) = scorer.push(pcm[hop * HOP : (hop + 1) * HOP])
            assert np.array_equal(scores, alone[(index * 7) % SOUNDS][hop])
