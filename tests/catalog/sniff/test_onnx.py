import tracemalloc
from collections import Counter
from contextlib import suppress
from io import BytesIO

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto

from edged.catalog.sniff.onnx import read_onnx
from edged.catalog.sniff.pages import Malformed, Pages
from edged.catalog.sniff.protobuf import MAX_FIELDS
from tests.assets import ROOT
from tests.catalog.sniff.networks import head, network

ONNX_FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.onnx"))


def read(raw):
    return read_onnx(Pages(BytesIO(raw), len(raw)))


def shape_of(value):
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    return tuple(size.dim_value if size.HasField("dim_value") else None for size in tensor.shape.dim)


def same(facts, model):
    weights = {weight.name for weight in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    for ours, expected in ((facts.inputs, inputs), (facts.outputs, list(model.graph.output))):
        assert [tensor.name for tensor in ours] == [value.name for value in expected]
        assert [tensor.type for tensor in ours] == [value.type.tensor_type.elem_type for value in expected]
        assert [tensor.shape for tensor in ours] == [shape_of(value) for value in expected]
    assert facts.operators == Counter(node.op_type for node in model.graph.node)
    assert facts.metadata == {entry.key: entry.value for entry in model.metadata_props}
    assert facts.producer == model.producer_name
    assert facts.opset == next(entry.version for entry in model.opset_import if entry.domain == "")
    assert facts.external is False


@pytest.mark.parametrize("path", ONNX_FILES)
def test_says_what_the_onnx_package_says(path):
    raw = (ROOT / path).read_bytes()
    same(read(raw), onnx.load_model_from_string(raw))


sizes = st.one_of(st.none(), st.text("ab?", max_size=3), st.integers(0, 1 << 40))
tensors = st.dictionaries(st.text(max_size=8), st.lists(sizes, max_size=6), min_size=1, max_size=4)


@given(tensors, tensors, st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3))
def test_reads_what_the_onnx_package_wrote(inputs, outputs, metadata):
    model = network(inputs, outputs, metadata, {"w": np.zeros((2, 3), np.float32)}, ("Add", "Add", "Sub"))
    same(read(model.SerializeToString()), model)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw):
    with suppress(Malformed):
        read(b"\x08" + raw)


def test_weights_among_the_inputs_are_no_inputs():
    model = network({"x": [1, 2], "w": [2, 3]}, {"y": [1]}, weights={"w": np.zeros((2, 3), np.float32)})
    assert [tensor.name for tensor in read(model.SerializeToString()).inputs] == ["x"]


def test_weights_in_another_file_are_seen():
    model = network({"x": [1, 2]}, {"y": [1]}, weights={"w": np.zeros((2, 3), np.float32)})
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    assert read(model.SerializeToString()).external


def test_weights_that_do_not_fit_their_shape_are_damage():
    model = network({"x": [1, 2]}, {"y": [1]}, weights={"w": np.zeros((2, 3), np.float32)})
    model.graph.initializer[0].raw_data = bytes(23)
    with pytest.raises(Malformed, match="weights of 23 bytes that should have 24"):
        read(model.SerializeToString())


def test_weights_of_endless_dimensions_are_damage():
    model = network({"x": [1, 2]}, {"y": [1]}, weights={"w": np.zeros((1,) * 33, np.float32)})
    with pytest.raises(Malformed, match="weights of 33 dimensions"):
        read(model.SerializeToString())


def test_a_part_longer_than_what_holds_it_is_damage():
    node, beyond = b"\x0a\x08\x22\x06Abcdef", b"\x12\x04name" + bytes(90)
    with pytest.raises(Malformed, match="cut short"):
        read(b"\x08\x07\x3a" + bytes([len(node) - 4]) + node + beyond)


def test_a_file_that_shrinks_while_it_is_read_is_damage():
    raw = head().SerializeToString()
    with pytest.raises(Malformed, match="cut short"):
        read_onnx(Pages(BytesIO(raw[:40]), len(raw)))


def test_every_truncation_is_damage_or_nothing():
    raw = head().SerializeToString()
    whole = read(raw)
    for length in range(len(raw)):
        try:
            assert read(raw[:length]) != whole
        except Malformed:
            continue


def test_a_file_of_parts_without_end_costs_no_more_than_the_limit():
    nodes = b"\x0a\x00" * MAX_FIELDS
    length = bytes([0x80 | len(nodes) & 0x7F, 0x80 | len(nodes) >> 7 & 0x7F, len(nodes) >> 14])
    with pytest.raises(Malformed, match="more parts than any model has"):
        read(b"\x08\x07\x3a" + length + nodes)


def test_weights_are_stepped_over_not_read(tmp_path):
    size = 1 << 33  # 8 GB that take no room: a hole
    path = tmp_path / "large.onnx"
    weight = (
        b"\x08\x80\x80\x80\x80\x08\x10\x01\x4a\x80\x80\x80\x80\x20"  # dims 1 << 31, float, raw_data 1 << 33
    )
    node = b"\x0a\x04\x22\x02Ab"
    graph = node + b"\x2a" + varint(len(weight) + size) + weight
    with path.open("wb") as file:
        file.write(b"\x08\x07\x3a" + varint(len(graph) + size) + graph)
        file.truncate(file.tell() + size)
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            facts = read_onnx(Pages(file, path.stat().st_size))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert facts is not None
    assert facts.operators == {"Ab": 1}


def varint(value):
    low, rest = value & 0x7F, value >> 7
    return bytes([low]) if not rest else bytes([low | 0x80]) + varint(rest)
