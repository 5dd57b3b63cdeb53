import numpy as np
import pytest

from edged.errors import ModelError
from edged.graphs.head_graph import read_heads
from edged.graphs.merged_heads import merge
from tests.graphs.heads import answers, head, switched, windows


def both(path, name="jarvis"):
    (graph,) = read_heads([(name, path)])
    return graph, merge([graph], None)


@pytest.mark.parametrize("make", [lambda at: head("hey_jarvis"), switched], ids=["hey_jarvis", "one of ours"])
def test_choosing_between_both_branches_gives_what_the_if_gave_bit_for_bit(make, tmp_path):
    path = make(tmp_path / "head.onnx")
    graph, merged = both(path)
    asked = windows(16, 200)
    rows, wanted = answers(merged.model, asked), answers(path, asked)
    assert graph.switch == 0.5
    chosen = np.where(rows[:, :1] >= graph.switch, rows[:, 1:2], rows[:, :1])
    assert (rows[:, 0] >= 0.5).any()
    assert (rows[:, 0] < 0.5).any()
    assert (chosen == wanted).all()


def test_the_threshold_is_the_graphs_own(tmp_path):
    graph, merged = both(switched(tmp_path / "head.onnx", threshold=0.25))
    assert graph.switch == 0.25
    assert merged.placed[0].switch == 0.25
    assert merged.columns == 2


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"comparison": "Greater"}, "its If depends on Greater"),
        ({"comparison": "LessOrEqual"}, "its If depends on LessOrEqual"),
        ({"other": "Neg"}, "answers something else than it compares"),
        ({"last": False}, "an If that is not its last step"),
    ],
)
def test_an_if_of_another_form_is_refused_and_the_head_named(form, said, tmp_path):
    path = switched(tmp_path / "head.onnx", **form)
    with pytest.raises(ModelError, match="head odd: .*" + said):
        read_heads([("odd", path)])
