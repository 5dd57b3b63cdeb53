import re

import pytest
from onnx import helper, load

from edged.errors import ModelError
from edged.graphs.head_graph import read_heads
from edged.graphs.merged_heads import merge
from tests.assets import asset
from tests.graphs.heads import KNOWN, answers, head, tiny, windows

PLAIN = re.compile(r"[a-z][a-z0-9_]*")


@pytest.mark.parametrize("name", KNOWN)
def test_a_head_keeps_its_numbers_and_gets_plain_names(name):
    _, window, outputs = KNOWN[name]
    (graph,) = read_heads([(name, head(name))])
    assert (graph.window, graph.outputs) == (window, outputs)
    names = {each for node in graph.nodes for each in (node.name, *node.input, *node.output)}
    assert all(PLAIN.fullmatch(each) for each in names)
    if graph.switch is None:
        asked = windows(window)
        assert (answers(merge([graph], None).model, asked) == answers(head(name), asked)).all()


def test_heads_of_different_operator_sets_are_brought_to_one():
    heads = read_heads([(name, head(name)) for name in ("alexa", "hey_rhasspy", "hey_nabu_v2")])
    assert {each.opset for each in heads} == {15}
    assert load(head("alexa")).opset_import[0].version == 13


NODE = helper.make_node


@pytest.mark.parametrize(
    ("nodes", "options", "said"),
    [
        ([NODE("ReduceMax", ["x"], ["y"], axes=[1, 2], keepdims=0)], {"window": 35}, "at most 34 embeddings"),
        (
            [NODE("ReduceMax", ["x"], ["y"], keepdims=0, axes=[1, 2])],
            {"inputs": [("x", (1, 98, 32))]},
            r"takes \(1, 98, 32\), not \(1, window, 96\)",
        ),
        (
            [NODE("Add", ["x", "z"], ["s"]), NODE("ReduceMax", ["s"], ["y"], keepdims=0, axes=[1, 2])],
            {"inputs": [("x", (1, 16, 96)), ("z", (1, 16, 96))]},
            r"takes \(1, 16, 96\) and \(1, 16, 96\)",
        ),
        (
            [NODE("QLinearMatMul", ["x"] * 8, ["y"])],
            {},
            "already quantized .QLinearMatMul.; convert the fp32 file",
        ),
        ([NODE("Scan", ["x"], ["y"])], {}, "has a Scan, and the NPU compiler takes no loops"),
    ],
)
def test_what_is_no_head_is_refused_by_name(nodes, options, said, tmp_path):
    with pytest.raises(ModelError, match="head odd: .*" + said):
        read_heads([("odd", tiny(tmp_path / "head.onnx", nodes, **options))])


def test_a_loop_and_another_makers_head_are_refused():
    for path in (
        "wake/heads/other/precise_hey_mycroft.onnx",
        "wake/heads/other/dscnn_multiscale_nihaodiannao.onnx",
    ):
        with pytest.raises(ModelError, match="no head of openWakeWord's form"):
            read_heads([("odd", asset(path))])
