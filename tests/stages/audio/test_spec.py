"""A SPEC is understood or refused in one sentence."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.errors import ConfigError
from edged.stages.audio.spec import FORMS, ArecordSpec, MicSpec, StdinSpec, WavSpec, WyomingSpec, parse


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("wav:a.wav", WavSpec(Path("a.wav"))),
        ("wav:/x/with:colon.mp3", WavSpec(Path("/x/with:colon.mp3"))),
        ("stdin:16000", StdinSpec(16_000)),
        ("stdin:44100", StdinSpec(44_100)),
        (__file__, WavSpec(Path(__file__))),
        ("mic:", MicSpec("")),
        ("mic: ReSpeaker 4 Mic ", MicSpec("ReSpeaker 4 Mic")),
        ("mic:1-1.4", MicSpec("1-1.4")),
        ("arecord:plughw:CARD=USB,DEV=0", ArecordSpec("plughw:CARD=USB,DEV=0")),
        ("wyoming:tcp://localhost:10600", WyomingSpec(host="localhost", port=10_600)),
        ("wyoming:tcp://[::1]:1/", WyomingSpec(host="::1", port=1)),
        ("wyoming:unix:///run/mic.sock", WyomingSpec(path="/run/mic.sock")),
        ("wyoming:unix://mic.sock", WyomingSpec(path="mic.sock")),
    ],
)
def test_built_forms_are_understood(text, spec):
    assert parse(text) == spec


def test_a_file_whose_name_looks_like_a_spec_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mic:0").touch()
    assert parse("mic:0") == WavSpec(Path("mic:0"))


@pytest.mark.parametrize("text", ["wyoming:tcp://[::1]:1", "wyoming:tcp://a:2", "wyoming:unix:///x y"])
def test_a_wyoming_service_is_named_as_it_was_asked_for(text):
    assert str(parse(text)) == text


@pytest.mark.parametrize("text", ["mic:0", "mic:12"])
def test_the_number_of_a_card_is_refused_because_it_changes(text):
    with pytest.raises(ConfigError, match="numbers of cards change from boot to boot; name it"):
        parse(text)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "tcp://",
        "tcp://host",
        "tcp://host:0",
        "tcp://host:70000",
        "tcp://h:1/x",
        "http://h:1",
        "unix://",
        "tcp://[:1",
    ],
)
def test_a_wyoming_address_without_a_place_is_refused_with_the_form(uri):
    with pytest.raises(ConfigError, match=r"must be wyoming:tcp://HOST:PORT or wyoming:unix://PATH, e\.g\. "):
        parse(f"wyoming:{uri}")


@pytest.mark.parametrize("text", ["mic:a\0b", "arecord:a\nb"])
def test_a_name_that_nobody_could_type_is_refused(text):
    with pytest.raises(ConfigError, match="a name of printable characters is needed after"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["", "wav:", "wav", "stdin", "mic", "arecord:", "no.wav", "http://x/y.wav", "a\0b", "x" * 9999]
)
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
