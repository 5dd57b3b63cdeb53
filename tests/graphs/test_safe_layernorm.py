import numpy as np
import onnx
import onnxruntime
import pytest

from edged.graphs.head_graph import read_heads
from edged.graphs.merged_heads import merge
from edged.graphs.safe_layernorm import safe
from tests.graphs.heads import answers, head, windows


@pytest.mark.parametrize("name", ["hey_jarvis", "hey_mycroft", "hey_rhasspy", "hey_nabu_v2"])
def test_the_safe_form_has_no_mean_and_the_same_scores(name):
    (graph,) = read_heads([(name, head(name))])
    changed = safe(graph)
    assert changed is not None
    kinds = {node.op_type for node in graph.nodes}, {node.op_type for node in changed.nodes}
    assert "ReduceMean" in kinds[0]
    assert not {"ReduceMean", "Sub", "Pow"} & kinds[1]
    for seed in range(3):
        asked = windows(16, 60, seed)
        np.testing.assert_allclose(
            answers(merge([changed], None).model, asked),
            answers(merge([graph], None).model, asked),
            atol=1e-5,
        )


def test_squares_stay_within_half_precision():
    """Their mean, unscaled, is past 65504 on embeddings as loud as real ones can be."""
    (graph,) = read_heads([("hey_jarvis", head("hey_jarvis"))])
    changed = safe(graph)
    assert changed is not None
    model = onnx.load_from_string(merge([changed], None).model)
    products = [node for node in model.graph.node if node.op_type == "Mul"]
    squares = [node.output[0] for node in products if node.input[0] == node.input[1]]
    assert squares
    for name in squares:
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    found = [session.run(squares, {"feats": each[None]}) for each in windows(16, 20) * 3]
    assert 0 < max(float(value.max()) for each in found for value in each) < 65504 / 4


def test_a_head_without_layernorm_has_no_such_form():
    (graph,) = read_heads([("alexa", head("alexa"))])
    assert safe(graph) is None
    (graph,) = read_heads([("timer", head("timer"))])
    assert safe(graph) is None
