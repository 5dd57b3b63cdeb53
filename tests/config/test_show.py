"""What `show` prints is what is in force: reading it again changes nothing, and no secret is in it."""

import json
import tomllib
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from edged.config.keys import is_secret
from edged.config.load import Loaded, load
from edged.config.schema import Config, Serve, Word
from edged.config.show import as_json, as_toml, in_toml

TEXT = """
[heads]
threshold = 0.6
word = [{name = 'ok "näbu" \\', lag_ms = -3}, {name = "b", threshold = 0.9}]
[models]
dir = "/srv/m"
accept_licences = ["A"]
"""


def test_reading_what_is_shown_gives_the_same_configuration(tmp_path):
    (tmp_path / "a.toml").write_text(TEXT)
    first = load(tmp_path / "a.toml", {})
    (tmp_path / "b.toml").write_text(as_toml(first))
    assert load(tmp_path / "b.toml", {}).config == first.config


def test_each_value_stands_before_its_origin(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(TEXT)
    shown = as_toml(load(file, {"EDGED__LISTEN__VAD": "v"})).splitlines()
    assert f"threshold = 0.6  # {file}:3" in shown
    assert f"lag_ms = -3  # {file}:4" in shown
    assert 'vad = "v"  # environment EDGED__LISTEN__VAD' in shown
    assert "patience = 1  # default" in shown


def test_a_secret_is_never_shown():
    loaded = Loaded(Config(serve=Serve(token="sesame")), {}, ())
    assert "sesame" not in as_toml(loaded) + json.dumps(as_json(loaded))
    assert as_json(loaded)["config"]["serve"]["token"] == "***"
    assert as_json(Loaded(Config(), {}, ()))["config"]["serve"]["token"] == ""
    assert is_secret(("sinks", "mqtt", "password"))


def test_the_document_names_values_origins_and_files(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(TEXT)
    document = as_json(load(file, {}))
    assert document["config"]["heads"]["word"][0]["lag_ms"] == -3
    assert document["origins"]["heads.threshold"] == f"{file}:3"
    assert document["files"] == [str(file)]
    json.dumps(document)


VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-(2**62), 2**62),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(codec="utf-8"), max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=3), inner, max_size=2),
    ),
    max_leaves=5,
)


@example('\x7f\x00"\\')
@given(VALUES)
def test_any_plain_value_survives_as_toml(value):
    assert tomllib.loads(f"x = {in_toml(value)}") == {"x": value}


def test_unset_keys_of_a_word_are_comments():
    shown = as_toml(
        Loaded(Config.model_construct(heads=Config().heads, models=Config().models), {}, (Path("x"),))
    )
    assert "# lag_ms is not set" in shown
    assert Word(name="hey_jarvis").lag_ms is None
