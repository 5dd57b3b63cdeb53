"""Decoded JSON becomes an object of its class, or a sentence that names the field."""

from dataclasses import asdict, dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.recognize.framing import WireError
from edged.stages.recognize.typed import build, fields_of, fits


@dataclass(frozen=True, slots=True)
class Note:
    number: int
    text: str
    sure: float | None = None
    starts: tuple[float, ...] = ()
    files: dict[str, str] = field(default_factory=dict[str, str])


FIELDS = fields_of(Note)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NOTES = st.builds(
    Note,
    st.integers(),
    st.text(max_size=10),
    st.none() | st.floats(0, 1),
    st.lists(st.floats(0, 9), max_size=3).map(tuple),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3),
)


@given(NOTES)
def test_what_an_object_holds_makes_the_same_object(note):
    values = asdict(note)
    values["starts"] = list(note.starts)
    assert build(Note, "note", FIELDS, values) == note


@given(st.dictionaries(st.sampled_from([*FIELDS, "more"]), JSON))
def test_any_json_is_an_object_of_the_right_types_or_an_error_of_ours(values):
    try:
        note = build(Note, "note", FIELDS, values)
    except WireError as exc:
        assert str(exc).startswith("message 'note'")
        return
    assert type(note.number) is int
    assert type(note.text) is str
    assert note.sure is None or type(note.sure) in (int, float)
    assert isinstance(note.starts, tuple)
    assert all(type(start) in (int, float) for start in note.starts)
    assert all(type(each) is str for each in [*note.files, *note.files.values()])


@pytest.mark.parametrize(
    ("value", "wanted", "does"),
    [
        (1, float, True),
        (True, float, False),
        (True, int, False),
        (1.0, int, False),
        (None, float | None, True),
        ("1", float | None, False),
        ((1, None), tuple[float | None, ...], True),
        ([1], tuple[float, ...], False),
        ({"a": "b"}, dict[str, str], True),
        ({"a": 1}, dict[str, str], False),
    ],
)
def test_a_number_is_no_truth_and_a_whole_number_is_a_real_one(value: Any, wanted: Any, does):
    assert fits(value, wanted) is does
