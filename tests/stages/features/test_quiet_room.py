import numpy as np

from edged.backends.cpu.features import CpuFeatures
from edged.backends.fake import FakeFeatures
from edged.geometry import EMBEDDING, HISTORY
from edged.stages.features.quiet_room import quiet_room
from tests.oww_models import model


def test_is_34_embeddings_the_same_every_time():
    first, second = (quiet_room(FakeFeatures().stream()) for _ in range(2))
    assert (first.shape, first.dtype) == ((HISTORY, EMBEDDING), np.float32)
    assert np.array_equal(first, second)


def test_no_embedding_sees_the_mel_before_the_room():
    features = CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))
    room = quiet_room(features.stream())
    apart = np.linalg.norm(room - np.median(room, axis=0), axis=1)
    assert apart.max() < 2.5 * np.median(apart)  # an onset is several times as far as noise from noise
