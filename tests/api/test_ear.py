"""An ear hears what the daemon hears, however its sound is cut, and refuses what is no sound."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

import edged
from edged.geometry import HOP
from tests.assets import asset
from tests.daemon import DEMO, ONE_FILE_MODELS, TEXT
from tests.sounds import noise

pytestmark = pytest.mark.usefixtures("at_home")


@pytest.fixture(scope="module")
def demo() -> np.ndarray:
    return soundfile.read(DEMO, dtype="int16")[0]


def story(events: list[edged.Event]) -> list[tuple]:
    """What happened, without times of the wall and of the machine."""
    kept = ("word", "reason", "text", "start_sample", "end_sample", "score")
    return [
        (event.name, event.utterance, {key: getattr(event.body, key, None) for key in kept})
        for event in events
        if event.name not in ("partial", "stats")
    ]


def test_a_command_is_heard_as_the_daemon_hears_it(demo):
    with edged.Ear("demo/edged.toml", patient=True) as ear:
        events = ear.feed(demo) + ear.finish()
    names = [event.name for event in events if event.name != "partial"]
    assert names == ["ready", "activation", "listening", "endpoint", "final", "stats"]
    assert [event.body.text for event in events if event.name == "final"] == [TEXT]
    assert {event.stream for event in events} == {"ear"}
    json.dumps([edged.to_json(event) for event in events])


@pytest.mark.parametrize("size", [1, 333, 5000])
def test_the_size_of_the_pieces_changes_nothing(demo, size):
    start, stop = (55_000, 65_000) if size == 1 else (0, len(demo))
    whole, pieces = (edged.Ear("demo/edged.toml", patient=True, words=["hey_jarvis"]) for _ in range(2))
    with whole, pieces:
        expected = whole.feed(demo[start:stop]) + whole.finish()
        got = [e for at in range(start, stop, size) for e in pieces.feed(demo[at : min(at + size, stop)])]
        assert story(got + pieces.finish()) == story(expected)


def test_without_a_recognizer_it_hears_words_alone(demo):
    with edged.Ear("demo/edged.toml", recognize__enabled=False, scores=True) as ear:
        events = ear.feed(demo)
        assert len([e for e in events if e.name == "scores"]) == len(demo) // HOP
        assert [e.body.word for e in events if e.name == "activation"] == ["hey_jarvis"]
        assert [e for e in events + ear.finish() if e.name == "final"] == []


def test_an_impatient_ear_gives_the_text_with_a_later_call(demo):
    with edged.Ear("demo/edged.toml") as ear:
        heard = ear.feed(demo)
        late = ear.finish()
        assert [e.body.text for e in [*heard, *late] if e.name == "final"] == [TEXT]
        assert late[-1].name == "stats"
        assert ear.finish() == []


def test_words_are_given_by_name_or_by_file():
    path = asset(ONE_FILE_MODELS["alexa"][1])
    with edged.Ear("demo/edged.toml", words=["hey_jarvis", path], recognize__enabled=False) as ear:
        (ready,) = ear.feed(noise(1, 1))
        assert ready.body.words == ("hey_jarvis", path.stem)


def test_keys_are_given_as_section_and_key(demo):
    with edged.Ear("demo/edged.toml", heads__threshold=1.0, recognize__enabled=False) as ear:
        assert [e.name for e in ear.feed(demo)] == ["ready"]


def test_every_wrong_key_is_told_at_once():
    with pytest.raises(edged.ConfigError) as caught:
        edged.Ear("demo/edged.toml", heads__treshold=0.6, listen__vad=7, treshold=1)
    problems = "\n".join(caught.value.problems)
    assert "argument: heads.treshold: unknown key; did you mean 'threshold'?" in problems
    assert "argument: listen.vad = 7: must be text" in problems
    assert len(caught.value.problems) == 3


def test_a_licence_not_accepted_is_told_with_the_way_out(monkeypatch):
    monkeypatch.delenv("EDGED__MODELS__ACCEPT_LICENCES")
    with pytest.raises(edged.ModelError, match="accept_licences"):
        edged.Ear("demo/edged.toml", models__accept_licences=[])


@pytest.mark.parametrize(
    ("pcm", "said"),
    [
        ([0, 1], "got list"),
        (np.zeros(3), r"got float64 of shape \(3,\)"),
        (np.zeros((2, 2), np.int16), r"got int16 of shape \(2, 2\)"),
    ],
    ids=["list", "float", "stereo"],
)
def test_what_is_no_sound_is_refused_and_the_stream_goes_on(pcm, said):
    with edged.Ear("demo/edged.toml", recognize__enabled=False) as ear:
        with pytest.raises(edged.AudioInputError, match=said):
            ear.feed(pcm)
        assert [e.name for e in ear.feed(noise(1, 2))] == ["ready"]


def test_a_stream_that_is_over_takes_no_more():
    ear = edged.Ear("demo/edged.toml", recognize__enabled=False)
    ear.close()
    ear.close()
    with pytest.raises(edged.EdgedError, match="this stream is over"):
        ear.feed(noise(1, 1))


def test_closing_leaves_no_process_behind(demo):
    def children() -> set[str]:
        tasks = Path("/proc/self/task").iterdir()
        return {child for task in tasks for child in (task / "children").read_text().split()}

    before = children()
    with edged.Ear("demo/edged.toml") as ear:
        ear.feed(demo[: 4 * 16_000])
        assert children() - before
    assert children() == before
