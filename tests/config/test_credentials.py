"""`credential:NAME` is what systemd gave the service: read once, never shown, missed with a sentence."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config.credentials import filled, references
from edged.config.load import Loaded, load
from edged.config.show import as_json, as_toml
from edged.errors import ConfigError

SECRET = "open sesame"


@pytest.fixture
def given_by_systemd(tmp_path):
    """The folder of credentials and the environment that names it."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "vad").write_text(f"{SECRET}\n")
    return folder, {"CREDENTIALS_DIRECTORY": str(folder)}


def of(tmp_path, toml: str, environ: dict[str, str], **options) -> Loaded:
    file = tmp_path / "edged.toml"
    file.write_text(toml)
    return load(file, environ, **options)


def problem(tmp_path, toml: str, environ: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        of(tmp_path, toml, environ)
    (sentence,) = caught.value.problems
    return sentence


def test_a_text_is_what_systemd_gave_without_its_line_end(tmp_path, given_by_systemd):
    loaded = of(tmp_path, '[listen]\nvad = "credential:vad"\n', given_by_systemd[1])
    assert loaded.config.listen.vad == SECRET


def test_texts_in_lists_and_in_lists_of_tables_are_as_well(tmp_path, given_by_systemd):
    toml = '[models]\naccept_licences = ["a", "credential:vad"]\n[[heads.word]]\nname = "credential:vad"\n'
    config = of(tmp_path, toml, given_by_systemd[1]).config
    assert config.models.accept_licences == ("a", SECRET)
    assert config.heads.word[0].name == SECRET


def test_so_is_one_from_the_environment(tmp_path, given_by_systemd):
    environ = {**given_by_systemd[1], "EDGED__LISTEN__VAD": "credential:vad"}
    assert of(tmp_path, "", environ).config.listen.vad == SECRET


def test_what_is_shown_is_the_reference_and_never_the_secret(tmp_path, given_by_systemd):
    toml = '[listen]\nvad = "credential:vad"\n[models]\naccept_licences = ["credential:vad"]\n'
    loaded = of(tmp_path, toml, given_by_systemd[1])
    shown = as_toml(loaded)
    assert SECRET not in shown + json.dumps(as_json(loaded))
    assert tomllib.loads(shown)["listen"]["vad"] == "credential:vad"
    assert tomllib.loads(shown)["models"]["accept_licences"] == ["credential:vad"]
    assert 'vad = "credential:vad"  # ' in shown


def test_a_secret_of_the_wrong_form_is_told_by_its_reference(tmp_path, given_by_systemd):
    sentence = problem(tmp_path, '[features]\nbackend = "credential:vad"\n', given_by_systemd[1])
    assert SECRET not in sentence
    assert 'backend = "credential:vad": must be one of' in sentence


BAD = {
    "missing": ("absent", "absent: no such file or directory; give the service LoadCredential=absent:FILE"),
    "another folder": ("../vad", "a credential is named by letters"),
    "the folder": ("..", "a credential is named by letters"),
    "no name": ("", "a credential is named by letters"),
    "not text": ("binary", "not UTF-8 text (byte 0)"),
    "null bytes": ("null", "not a text of at most"),
    "too large": ("large", "not a text of at most"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_had_is_one_sentence_with_its_line(tmp_path, given_by_systemd, case):
    folder, environ = given_by_systemd
    (folder / "binary").write_bytes(b"\xff\xfe")
    (folder / "null").write_bytes(b"a\0b")
    (folder / "large").write_bytes(b"a" * (1024 * 1024 + 1))
    name, said = BAD[case]
    sentence = problem(tmp_path, f'[listen]\nvad = "credential:{name}"\n', environ)
    assert sentence.startswith(f"{tmp_path}/edged.toml:2: [listen] vad = ")
    assert said in sentence


def test_without_systemd_the_way_out_is_told(tmp_path):
    sentence = problem(tmp_path, '[listen]\nvad = "credential:vad"\n', {})
    assert "$CREDENTIALS_DIRECTORY is not set: a service gets it by LoadCredential=vad:FILE" in sentence


def test_who_needs_no_secret_reads_the_file_without_them(tmp_path):
    loaded = of(tmp_path, '[listen]\nvad = "credential:vad"\n', {}, secrets=False)
    assert loaded.config.listen.vad == "credential:vad"


PLAIN = st.recursive(
    st.one_of(st.integers(), st.just("credential:a"), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_every_reference_is_found_and_nothing_else_is_changed(value):
    named = dict(references(value))
    assert filled(value, named) == value
    without = filled(value, dict.fromkeys(named, "x"))
    assert dict(references(without)) == {}
    assert json.dumps(without).count('"x"') >= len(named)
