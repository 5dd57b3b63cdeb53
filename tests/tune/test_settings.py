"""What is written is read again: every value, and the measurement behind it."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import ConfigError
from edged.tune.settings import Setting, as_text, merged, settings_of

FILE = Path("tuned.toml")

WHY = st.text(st.characters(exclude_categories=["C"]), max_size=30).map(lambda text: " ".join(text.split()))
NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12)

PLAIN = st.sampled_from(
    [
        (("recognize", "threads"), 3),
        (("features", "order"), ["cpu", "opencl"]),
        (("features", "precision"), "fp16"),
        (("service", "placement"), "off"),
        (("sinks", "jsonl", "path"), '/run/"x" # no comment'),
    ]
)
RULES = st.tuples(NAMES, st.sampled_from(["threshold", "rearm_below"]), st.floats(0.1, 1)).map(
    lambda rule: (("heads", "word", rule[0], rule[1]), rule[2])
)


@given(st.lists(st.tuples(PLAIN | RULES, WHY), unique_by=lambda each: each[0][0]))
def test_what_is_written_is_read_again(said):
    settings = {Setting(place, value, why.lstrip("# ")) for (place, value), why in map(hashable, said)}
    text = as_text(settings)
    tomllib.loads(text)
    assert {hashable_setting(each) for each in settings_of(FILE, text)} == settings
    assert as_text(settings_of(FILE, text)) == text


def hashable(said):
    (place, value), why = said
    return (place, tuple(value) if isinstance(value, list) else value), why


def hashable_setting(setting: Setting) -> Setting:
    value = tuple(setting.value) if isinstance(setting.value, list) else setting.value
    return Setting(setting.place, value, setting.why)


def test_of_two_settings_of_one_key_the_new_one_counts_and_the_others_stay():
    old = (Setting(("recognize", "threads"), 2, "then"), Setting(("recognize", "nice"), 5))
    new = (Setting(("recognize", "threads"), 3, "now"),)
    assert set(merged(old, new)) == {new[0], old[1]}


def test_no_settings_are_no_text_and_no_file_is_no_settings(tmp_path):
    assert as_text(()) == ""
    assert settings_of(tmp_path / "tuned.toml") == ()


def test_what_does_not_belong_there_is_refused_with_its_line(tmp_path):
    with pytest.raises(ConfigError, match=r"tuned.toml:2: board belongs into your own file"):
        settings_of(FILE, '[board]\nname = "rock-5b"\n')
