import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.backends.cpu.session import open_session
from edged.errors import ModelError
from edged.geometry import MEL_BINS, MEL_PER_HOP, MEL_WINDOW
from edged.graphs import streaming_embedding
from edged.graphs.streaming_embedding import EMBEDDING_OUTPUT, MEL_INPUT, next_name
from tests.assets import asset
from tests.oww_models import model

STEPS = 320


def mel_frames(steps: int) -> np.ndarray:
    """Jumpy frames, then wandering ones, then frames at rest."""
    rng = np.random.RandomState(3)
    jumpy = rng.normal(0.5, 1.5, (steps // 2 * MEL_PER_HOP, MEL_BINS))
    walk = np.cumsum(rng.normal(0, 0.3, ((steps - steps // 2) * MEL_PER_HOP, MEL_BINS)), axis=0)
    walk[-200:] = 1.0
    return np.concatenate([jumpy, np.clip(walk, -6, 8)]).astype(np.float32)


def test_each_step_is_bit_equal_to_the_full_window():
    path = model("embedding_model.onnx")
    graph = streaming_embedding.build(path)
    full, streaming = open_session(path, "full"), open_session(graph.model, "streaming")
    state = {name: np.zeros(shape, np.float32) for name, shape in graph.states}
    outputs = [EMBEDDING_OUTPUT, *(next_name(name) for name, _ in graph.states)]
    mel = mel_frames(STEPS)
    compared = 0
    for step in range(STEPS):
        new = mel[step * MEL_PER_HOP : (step + 1) * MEL_PER_HOP]
        embedding, *following = streaming.run(outputs, {MEL_INPUT: new[None, None], **state})
        state = {name: value for (name, _), value in zip(graph.states, following, strict=True)}
        end = (step + 1) * MEL_PER_HOP
        if end >= MEL_WINDOW + MEL_PER_HOP:
            window = mel[end - MEL_WINDOW : end]
            expected = full.run(None, {"input_1": window[None, :, :, None]})[0]
            assert np.array_equal(embedding.ravel(), expected.ravel()), f"step {step}"
            compared += 1
    assert compared >= 300


def test_eleven_states_of_two_rows_make_37888_bytes():
    graph = streaming_embedding.build(model("embedding_model.onnx"))
    assert len(graph.states) == 11
    assert all(shape[0] == 1 and shape[2] == 2 for _, shape in graph.states)
    assert 4 * sum(int(np.prod(shape)) for _, shape in graph.states) == 37_888


def test_the_graph_is_valid_onnx():
    onnx.checker.check_model(
        onnx.load_from_string(streaming_embedding.build(model("embedding_model.onnx")).model)
    )


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("wake/features/melspectrogram.onnx", "not openWakeWord's embedding model"),
        ("wake/features/embedding_model_cpp.onnx", "starts with Pad"),
        ("wake/heads/hey_jarvis_v0.1.onnx", "starts with Flatten"),
        ("wake/heads/other/precise_computer.onnx", "not openWakeWord's embedding model"),
        ("wake/heads/tflite/ok_nabu_v0.1.tflite", "not an ONNX file"),
        ("wake/heads", "directory"),
    ],
)
def test_another_file_is_refused_by_name_and_reason(path, reason):
    with pytest.raises(ModelError, match=reason) as refusal:
        streaming_embedding.build(asset(path))
    assert str(asset(path)) in str(refusal.value)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(ModelError, match=r"absent\.onnx"):
        streaming_embedding.build(tmp_path / "absent.onnx")


def set_slope(graph):
    graph.node[2].attribute[0].f = 0.1


def set_stride(graph):
    next(a for a in graph.node[1].attribute if a.name == "strides").ints[:] = [2, 1]


def drop_a_pool(graph):
    (pool,) = [index for index, node in enumerate(graph.node) if node.op_type == "MaxPool"][:1]
    graph.node[pool + 1].input[0] = graph.node[pool].input[0]
    del graph.node[pool]


def shorten_weights(graph):
    name = graph.node[4].input[1]
    tensor = next(t for t in graph.initializer if t.name == name)
    array = onnx.numpy_helper.to_array(tensor)[:, :12]
    tensor.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))


def double_weights(graph):
    name = graph.node[4].input[1]
    tensor = next(t for t in graph.initializer if t.name == name)
    tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype(np.float64), name))


def point_elsewhere(graph):
    tensor = graph.initializer[2]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


@pytest.mark.parametrize(
    "damage", [set_slope, set_stride, drop_a_pool, shorten_weights, double_weights, point_elsewhere]
)
def test_a_model_that_differs_inside_is_refused(damage, tmp_path):
    altered = onnx.load(model("embedding_model.onnx"))
    damage(altered.graph)
    path = tmp_path / "altered.onnx"
    path.write_bytes(altered.SerializeToString())
    with pytest.raises(ModelError, match=r"altered\.onnx"):
        streaming_embedding.build(path)


@settings(max_examples=30)
@given(st.floats(0, 0.999))
def test_a_file_cut_short_is_refused_wherever_it_ends(tmp_path_factory, part):
    content = model("embedding_model.onnx").read_bytes()
    path = tmp_path_factory.getbasetemp() / "short.onnx"
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ModelError, match=r"short\.onnx"):
        streaming_embedding.build(path)
