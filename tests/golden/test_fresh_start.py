import numpy as np
import pytest

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.geometry import HOP
from edged.runtime.scorer import Scorer
from edged.stages.features.quiet_room import quiet_room
from tests.assets import asset
from tests.oww_models import model

soundfile = pytest.importorskip("soundfile")


def test_speech_at_the_very_start_of_a_stream_is_no_wake_word():
    features = CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))
    heads = CpuHeads(
        [HeadModel(name, model(f"{name}_v0.1.onnx")) for name in ("alexa", "hey_jarvis", "hey_mycroft")]
    )
    before = quiet_room(features.stream())
    loudest = {}
    for path in sorted(asset("wake/negative").rglob("*.wav")):
        pcm, _ = soundfile.read(path, dtype="int16", frames=16 * HOP)
        loudest[path.name] = Scorer(features, heads, before).run(pcm, HOP).max()
    assert len(loudest) >= 100
    assert np.max(list(loudest.values())) < 0.5
