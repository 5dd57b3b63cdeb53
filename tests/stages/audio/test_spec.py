"""A SPEC is understood or refused in one sentence."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import ConfigError
from edged.stages.audio.spec import FORMS, StdinSpec, WavSpec, parse


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("wav:a.wav", WavSpec(Path("a.wav"))),
        ("wav:/x/with:colon.mp3", WavSpec(Path("/x/with:colon.mp3"))),
        ("stdin:16000", StdinSpec(16_000)),
        ("stdin:44100", StdinSpec(44_100)),
        (__file__, WavSpec(Path(__file__))),
    ],
)
def test_built_forms_are_understood(text, spec):
    assert parse(text) == spec


def test_a_file_whose_name_looks_like_a_spec_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mic:0").touch()
    assert parse("mic:0") == WavSpec(Path("mic:0"))


@pytest.mark.parametrize("text", ["mic:", "mic:ReSpeaker", "arecord:plughw:1,0", "wyoming:tcp://localhost:1"])
def test_forms_of_later_versions_are_refused_by_name(text):
    with pytest.raises(
        ConfigError, match=f'^source "{text}": {text.split(":")[0]}: is not built yet in this ver'
    ):
        parse(text)


@pytest.mark.parametrize("text", ["", "wav:", "wav", "stdin", "no.wav", "http://x/y.wav", "a\0b", "x" * 9999])
def test_anything_else_is_refused_with_the_allowed_forms(text):
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(caught.value).endswith(FORMS)


@pytest.mark.parametrize(
    "rate", ["", "fast", "3999", "384001", "-16000", "16000.0", "٣٢٠٠٠", "9" * 5000, "16 000"]
)
def test_a_rate_that_no_recorder_has_is_refused(rate):
    with pytest.raises(
        ConfigError, match="RATE must be a whole number of samples per second from 4000 to 384000"
    ):
        parse(f"stdin:{rate}")


@given(st.text())
def test_any_text_is_understood_or_refused(text):
    try:
        parse(text)
    except ConfigError as exc:
        assert exc.problems
