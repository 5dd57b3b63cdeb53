import numpy as np
import onnxruntime
import pytest

from edged.errors import ModelError
from edged.graphs.canary import canary_weights
from edged.graphs.fused import fuse
from edged.graphs.head_graph import read_heads
from tests.assets import asset
from tests.graphs.heads import answers, head, windows


@pytest.mark.parametrize(("name", "window"), [("alexa", 16), ("weather", 22)])
def test_the_fused_graph_scores_the_embedding_that_it_makes(name, window):
    embedding = asset("wake/features/embedding_model.onnx")
    merged = fuse(embedding, read_heads([(name, head(name))]), 5)
    mels = np.random.default_rng(1).normal(1, 2, size=(10, 76, 32, 1)).astype(np.float32)
    earlier = windows(window, 10)[:, 1:]
    session = onnxruntime.InferenceSession(merged.model)
    assert [(each.name, each.shape) for each in session.get_inputs()] == [
        ("mel", [1, 76, 32, 1]),
        ("history", [1, window - 1, 96]),
    ]
    made = answers(embedding, mels).reshape(10, 1, 96)
    whole = np.concatenate([earlier, made], axis=1)
    for i in range(10):
        scores, newest = session.run(None, {"mel": mels[i : i + 1], "history": earlier[i : i + 1]})
        np.testing.assert_allclose(newest, made[i : i + 1], atol=1e-4)
        np.testing.assert_allclose(scores[:, :1], answers(head(name), whole[i : i + 1]), atol=1e-5)
        np.testing.assert_allclose(scores[0, -1], whole[i].ravel() @ canary_weights(5, window), atol=1e-4)


def test_another_model_before_the_heads_is_refused():
    with pytest.raises(ModelError, match=r"embedding model: takes .* not \(1, 76, 32, 1\)"):
        fuse(head("alexa"), read_heads([("alexa", head("alexa"))]), 5)
