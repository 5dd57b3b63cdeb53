from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.catalog.artifact import Slot, covering
from edged.catalog.read import parse_model
from edged.catalog.write import model_toml
from edged.errors import ModelError

AT = Path("/models/rknn-rk3588/model.toml")

COMPILED_TOML = f"""
name = "rknn-rk3588"
kind = "compiled"
licence = "MIT"
source = "edged models convert"
[files."heads-16"]
path = "heads-16.rknn"
sha256 = "{"a" * 64}"
bytes = 500
[files."heads-16-probe"]
path = "heads-16.npz"
sha256 = "{"b" * 64}"
bytes = 50
[[artifact]]
file = "heads-16"
probe = "heads-16-probe"
provider = "rknn"
target = "rk3588"
stage = "heads"
window = 16
precision = "fp16"
toolkit = "2.5.0"
key = "{"c" * 64}"
simulator_error = 0.0017
npu_operators = 12
cpu_operators = ["Div"]
[artifact.canary]
column = 3
seed = 7
tolerance = 0.03
[[artifact.head]]
name = "alexa"
sha256 = "{"1" * 64}"
at = 0
outputs = 1
[[artifact.head]]
name = "hey_jarvis"
sha256 = "{"2" * 64}"
at = 1
outputs = 1
switch = 0.5
"""


def refused(text: str) -> str:
    with pytest.raises(ModelError) as caught:
        parse_model(text.encode(), AT)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_compiled_graph_says_which_head_answers_where():
    model = parse_model(COMPILED_TOML.encode(), AT)
    (artifact,) = model.artifacts
    assert artifact.file.path == AT.parent / "heads-16.rknn"
    assert artifact.probe is model.files["heads-16-probe"]
    assert artifact.columns == ("alexa", "hey_jarvis/first", "hey_jarvis/then", "canary")
    assert (artifact.simulator_error, artifact.cpu_operators, artifact.layernorm) == (
        0.0017,
        ("Div",),
        "plain",
    )
    assert covering(model.artifacts, ["2" * 64, "9" * 64], "heads") == [artifact]
    assert not covering(model.artifacts, ["9" * 64], "heads")


@pytest.mark.parametrize(
    "text",
    [COMPILED_TOML, COMPILED_TOML.replace("[artifact.canary]\ncolumn = 3\nseed = 7\ntolerance = 0.03\n", "")],
)
def test_what_is_written_reads_the_same(text):
    model = parse_model(text.encode(), AT)
    assert parse_model(model_toml(model).encode(), AT) == model


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("at = 1", "at = 2"), "head hey_jarvis: at = 2, but the columns before it end at 1"),
        (("column = 3", "column = 2"), "canary.column = 2: must be the last column, 3"),
        (
            ('probe = "heads-16-probe"', 'probe = "probes"'),
            "names the role 'probes', and [files.probes] is missing",
        ),
        (('stage = "heads"', 'stage = "embedding+heads"'), "and that needs it"),
        (('kind = "compiled"', 'kind = "keywords"'), "[[artifact]] belongs to kind 'compiled'"),
        (("window = 16", "window = 35"), "artifact.0.window = 35"),
        (("toolkit =", "tolkit ="), "did you mean 'toolkit'?"),
    ],
)
def test_what_does_not_fit_is_named(change, said):
    assert said in refused(COMPILED_TOML.replace(*change))


def test_a_compiled_model_without_an_artifact_is_none():
    assert "that needs one" in refused(COMPILED_TOML.partition("[[artifact]]")[0])


@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.floats(0, 1, width=32)), min_size=1, max_size=20))
def test_a_switch_chooses_row_by_row_as_the_if_did(rows):
    slot = Slot("jarvis", "2" * 64, at=1, outputs=1, switch=0.5)
    table = np.array([[9.0, first, then] for first, then in rows], np.float32)
    wanted = [then if first >= 0.5 else first for first, then in rows]
    assert slot.scores(table)[:, 0].tolist() == wanted
    assert [slot.scores(row)[0] for row in table] == wanted
