import threading

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.errors import ModelError, ProviderFailed
from edged.geometry import EMBEDDING, HISTORY
from tests.assets import asset
from tests.oww_models import model


def history(seed: int) -> np.ndarray:
    return np.random.RandomState(seed).normal(0, 8, (HISTORY, EMBEDDING)).astype(np.float32)


def serve(*names: str) -> CpuHeads:
    return CpuHeads([HeadModel(name, model(f"{name}_v0.1.onnx")) for name in names])


def made(path, nodes, window=16, classes=1, output="score", constants=(), kind=TensorProto.FLOAT, size=96):
    """Write a head of our own: `nodes` lead from `x` to `output`."""
    graph = helper.make_graph(
        nodes,
        "head",
        [helper.make_tensor_value_info("x", kind, (1, window, size))],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, (1, classes))],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.write_bytes(proto.SerializeToString())
    return path


def mean_head(path, *after, classes=1, output="score", **more):
    """A head that looks at the mean of its window, then goes through the operators `after`."""
    nodes = [helper.make_node("ReduceMean", ["x"], ["y0"], axes=[1, 2], keepdims=0)]
    nodes += [helper.make_node("Reshape", ["y0", "shape"], ["y1"])]
    flow = "y1"
    for index, operator in enumerate(after):
        nodes.append(helper.make_node(operator, [flow], [f"a{index}"]))
        flow = f"a{index}"
    nodes.append(helper.make_node("Expand", [flow, "wide"], [output]))
    constants = [("shape", np.array([1, 1])), ("wide", np.array([1, classes]))]
    return made(path, nodes, classes=classes, output=output, constants=constants, **more)


def test_windows_and_columns_are_read_from_the_models():
    heads = serve("alexa", "hey_jarvis", "weather", "timer")
    minutes = ["1_minute", "5_minute", "10_minute", "20_minute", "30_minute", "1_hour"]
    assert heads.columns == ("alexa", "hey_jarvis", "weather", *(f"timer.{m}_timer" for m in minutes))
    assert heads.windows == (16, 16, 22, *[34] * 6)


@pytest.mark.parametrize("name", ["alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "weather", "timer"])
def test_scores_are_those_of_the_model_run_on_its_own(name):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(model(f"{name}_v0.1.onnx"), providers=["CPUExecutionProvider"])
    heads, taken = serve("alexa", name) if name != "alexa" else serve(name), session.get_inputs()[0]
    for seed in range(5):
        newest = history(seed)[None, -taken.shape[1] :]
        expected = session.run(None, {taken.name: newest})[0].ravel()
        expected = expected[1:] if name == "timer" else expected
        scores = heads.scores(history(seed))
        np.testing.assert_allclose(scores[-len(expected) :], expected, atol=1e-6)


@pytest.mark.parametrize(
    "path", ["cpp/hey_mycroft_v0.1.onnx", "cpp/hey_marvin_v0.1.onnx", "community/computer_v2.onnx"]
)
def test_heads_of_other_trainers_are_served_too(path):
    heads = CpuHeads([HeadModel("word", asset(f"wake/heads/{path}"))])
    assert (heads.columns, heads.windows) == (("word",), (16,))
    assert len({float(heads.scores(history(seed))[0]) for seed in range(3)}) == 3


@pytest.mark.parametrize("name", ["precise_computer.onnx", "dscnn_multiscale_nihaodiannao.onnx"])
def test_a_head_on_other_features_is_refused_with_what_it_takes(name):
    with pytest.raises(ModelError, match=r"takes tensor\(float\).*(29, 13|98, 32)"):
        CpuHeads([HeadModel("word", asset(f"wake/heads/other/{name}"))])


def test_labels_name_the_outputs_and_none_is_no_word(tmp_path):
    path = mean_head(tmp_path / "two.onnx", "Sigmoid", classes=3)
    assert CpuHeads([HeadModel("lamp", path)]).columns == ("lamp.0", "lamp.1", "lamp.2")
    assert CpuHeads([HeadModel("lamp", path, ("none", "on", "off"))]).columns == ("lamp.on", "lamp.off")
    with pytest.raises(ModelError, match="3 outputs and 2 labels"):
        CpuHeads([HeadModel("lamp", path, ("on", "off"))])


@pytest.mark.parametrize("output", ['{"0": "a", "7": "b"}', "{broken", '{"x": "y"}'])
def test_an_output_name_that_is_no_class_map_is_only_a_name(tmp_path, output):
    path = mean_head(tmp_path / "two.onnx", "Sigmoid", classes=2, output=output)
    assert CpuHeads([HeadModel("lamp", path)]).columns == ("lamp.0", "lamp.1")


def test_a_window_longer_than_the_history_is_refused(tmp_path):
    with pytest.raises(ModelError, match="at most 34"):
        CpuHeads([HeadModel("long", mean_head(tmp_path / "long.onnx", "Sigmoid", window=35))])


def test_a_window_left_open_is_refused(tmp_path):
    with pytest.raises(ModelError, match="must be fixed"):
        CpuHeads([HeadModel("open", mean_head(tmp_path / "open.onnx", "Sigmoid", window="n"))])


def test_a_head_that_answers_no_scores_is_refused(tmp_path):
    with pytest.raises(ModelError, match="not a score from 0 to 1"):
        CpuHeads([HeadModel("logits", mean_head(tmp_path / "logits.onnx", "Neg"))])


def test_a_damaged_file_and_a_missing_one_are_refused_by_name(tmp_path):
    (tmp_path / "damaged.onnx").write_bytes(b"\x08\x07" + b"x" * 100)
    with pytest.raises(ModelError, match=r"damaged\.onnx: onnxruntime refuses it"):
        CpuHeads([HeadModel("word", tmp_path / "damaged.onnx")])
    with pytest.raises(ModelError, match=r"absent\.onnx: head word: no such file"):
        CpuHeads([HeadModel("word", tmp_path / "absent.onnx")])


def test_two_heads_of_one_name_are_refused(tmp_path):
    path = mean_head(tmp_path / "one.onnx", "Sigmoid")
    with pytest.raises(ModelError, match="under one name: word"):
        CpuHeads([HeadModel("word", path), HeadModel("word", path)])


def test_no_head_at_all_is_refused():
    with pytest.raises(ModelError):
        CpuHeads([])


def test_an_answer_that_is_no_number_is_a_failure_that_names_the_head(tmp_path):
    # the square root of a negative mean: finite on the probe, whose means are near zero, NaN below
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Add", ["mean", "lift"], ["lifted"]),
        helper.make_node("Sqrt", ["lifted"], ["root"]),
        helper.make_node("Sigmoid", ["root"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["score"]),
    ]
    constants = [("lift", np.float32(100)), ("shape", np.array([1, 1]))]
    path = made(tmp_path / "root.onnx", nodes, constants=constants)
    heads = CpuHeads([HeadModel("sound", mean_head(tmp_path / "m.onnx", "Sigmoid")), HeadModel("root", path)])
    assert np.isfinite(heads.scores(history(1))).all()
    with pytest.raises(ProviderFailed, match=r"no finite score from root$"):
        heads.scores(np.full((HISTORY, EMBEDDING), -200, np.float32))
    assert np.isfinite(heads.scores(history(1))).all()


def test_a_closed_backend_fails_as_a_provider_does():
    heads = serve("alexa")
    heads.close()
    with pytest.raises(ProviderFailed, match="closed"):
        heads.scores(history(1))


def test_two_threads_get_their_own_scores():
    heads = serve("alexa", "hey_rhasspy")
    inputs = [history(seed) for seed in range(4)]
    expected = [heads.scores(each) for each in inputs]
    wrong: list[int] = []

    def ask(index: int) -> None:
        for _ in range(200):
            if not np.array_equal(heads.scores(inputs[index]), expected[index]):
                wrong.append(index)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert len({each.tobytes() for each in expected}) == 4


def test_scores_stay_as_they_were_when_the_next_are_asked_for():
    heads = serve("hey_rhasspy")
    first = heads.scores(history(1))
    kept = first.copy()
    heads.scores(history(2))
    assert np.array_equal(first, kept)


def test_the_made_heads_are_valid_onnx(tmp_path):
    onnx.checker.check_model(str(mean_head(tmp_path / "m.onnx", "Sigmoid")))
