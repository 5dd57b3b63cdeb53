from hypothesis import given
from hypothesis import strategies as st

from edged.catalog.convert.placement import Placement, read_placement

HEAD = "D RKNN: [01:24:06.576] ID   OpType             DataType Target InputShape   OutputShape   Cycles\n"
LINE = "D RKNN: [01:24:06.576] ------------------\n"
KINDS = ("Conv", "ConvRelu", "exNorm", "Div", "Softmax", "InputOperator", "OutputOperator", "Reshape")


def row(index: int, kind: str, target: str) -> str:
    return f"D RKNN: [01:24:06.576] {index:<4} {kind:<18} FLOAT16  {target:<6} (1,128,1,1)   (1,128,1,1)\n"


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(["CPU", "NPU"])), min_size=1, max_size=30))
def test_every_operator_is_counted_where_it_runs(rows):
    text = "I rknn\n" + HEAD + LINE + "".join(row(i, *each) for i, each in enumerate(rows)) + LINE + "I end\n"
    found = read_placement(text)
    assert found is not None
    assert found.npu == sum(target == "NPU" for _, target in rows)
    left = {kind for kind, target in rows if target == "CPU"} - {"InputOperator", "OutputOperator", "Reshape"}
    assert {each.partition(" x")[0] for each in found.cpu} == left


def test_operators_left_to_the_cpu_are_named_with_their_number():
    text = HEAD + row(0, "Div", "CPU") + row(1, "Conv", "NPU") + row(2, "Div", "CPU") + row(3, "Sqrt", "CPU")
    assert read_placement(text) == Placement(1, ("Div x2", "Sqrt"))


def test_a_log_without_a_table_says_nothing():
    assert read_placement("") is None
    assert read_placement("E rknn-toolkit2 version: 2.5.0\nTraceback\n") is None


@given(st.text())
def test_no_log_breaks_the_reader(text):
    read_placement(HEAD + text)
