import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.errors import ModelError
from edged.graphs import mel_filters
from tests.assets import asset
from tests.oww_models import model


def test_the_trimmed_filters_hold_every_number_that_is_not_zero():
    path = model("melspectrogram.onnx")
    whole = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
    filters = mel_filters.read(path)
    assert (filters.dft.shape, filters.mel.shape) == ((399, 240), (120, 32))
    assert filters.dft.dtype == filters.mel.dtype == np.float32
    assert np.count_nonzero(filters.mel) == np.count_nonzero(whole["1.melW"])
    cosines = whole["0.stft.conv_real.weight"][mel_filters.BINS, 0]
    assert np.array_equal(filters.dft[:, :120].T, cosines[:, mel_filters.WINDOW])
    assert np.count_nonzero(filters.dft[:, :120]) == np.count_nonzero(cosines)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("wake/features/embedding_model.onnx", "its operators are Reshape, Conv"),
        ("wake/heads/alexa_v0.1.onnx", "its operators are Flatten"),
        ("wake/heads/tflite/ok_nabu_v0.1.tflite", "not an ONNX file"),
    ],
)
def test_another_file_is_refused_by_name_and_reason(path, reason):
    with pytest.raises(ModelError, match=reason) as refusal:
        mel_filters.read(asset(path))
    assert str(asset(path)) in str(refusal.value)


def widen_the_clip(graph):
    node = next(n for n in graph.node if n.output[0].endswith("Sub_33"))
    node.attribute[0].t.CopyFrom(onnx.numpy_helper.from_array(np.array(90.0, np.float32)))


def shift_the_window(graph):
    tensor = next(t for t in graph.initializer if "real" in t.name)
    shifted = np.roll(onnx.numpy_helper.to_array(tensor), 80, axis=2)
    tensor.CopyFrom(onnx.numpy_helper.from_array(shifted, tensor.name))


def lower_the_bands(graph):
    tensor = next(t for t in graph.initializer if "mel" in t.name)
    lower = np.roll(onnx.numpy_helper.to_array(tensor), -2, axis=0)
    tensor.CopyFrom(onnx.numpy_helper.from_array(lower, tensor.name))


def fewer_bands(graph):
    tensor = next(t for t in graph.initializer if "mel" in t.name)
    fewer = np.ascontiguousarray(onnx.numpy_helper.to_array(tensor)[:, :16])
    tensor.CopyFrom(onnx.numpy_helper.from_array(fewer, tensor.name))


def hop_differently(graph):
    conv = next(n for n in graph.node if n.op_type == "Conv")
    next(a for a in conv.attribute if a.name == "strides").ints[:] = [128]


@pytest.mark.parametrize(
    "damage", [widen_the_clip, shift_the_window, lower_the_bands, fewer_bands, hop_differently]
)
def test_a_model_that_differs_inside_is_refused(damage, tmp_path):
    altered = onnx.load(model("melspectrogram.onnx"))
    damage(altered.graph)
    path = tmp_path / "altered.onnx"
    path.write_bytes(altered.SerializeToString())
    with pytest.raises(ModelError, match=r"altered\.onnx"):
        mel_filters.read(path)


@settings(max_examples=30)
@given(st.floats(0, 0.999))
def test_a_file_cut_short_is_refused_wherever_it_ends(tmp_path_factory, part):
    content = model("melspectrogram.onnx").read_bytes()
    path = tmp_path_factory.getbasetemp() / "short.onnx"
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ModelError, match=r"short\.onnx"):
        mel_filters.read(path)
