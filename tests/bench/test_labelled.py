"""Recordings come from folders and lists, and what is wrong with them is said all at once."""

import pytest

from edged.bench.labelled import Labelled, labelled
from edged.errors import AudioInputError

WORDS = ("alexa", "hey_jarvis")


@pytest.fixture
def clips(tmp_path):
    for name in ("alexa/a.wav", "alexa/deep/b.FLAC", "alexa/notes.txt", "room/night.ogg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_recordings_are_found_anywhere_below_a_folder(clips):
    found = labelled([f"alexa={clips / 'alexa'}"], [clips / "room"], [], WORDS)
    assert found == [
        Labelled(clips / "alexa/a.wav", "alexa"),
        Labelled(clips / "alexa/deep/b.FLAC", "alexa"),
        Labelled(clips / "room/night.ogg", None),
    ]


def test_lists_name_recordings_relative_to_themselves(clips):
    (clips / "said.tsv").write_text("# mine\nalexa/a.wav\talexa\nroom/night.ogg\t-\n")
    (clips / "said.toml").write_text('[[recording]]\nfile = "alexa/deep/b.FLAC"\nword = "hey_jarvis"\n')
    found = labelled([], [], [clips / "said.tsv", clips / "said.toml"], WORDS)
    assert [(each.file.name, each.word) for each in found] == [
        ("a.wav", "alexa"),
        ("night.ogg", None),
        ("b.FLAC", "hey_jarvis"),
    ]


def test_a_recording_that_is_named_twice_counts_once(clips):
    assert len(labelled([], [clips / "room", clips / "room/night.ogg"], [], WORDS)) == 1


def test_everything_that_is_wrong_is_said_at_once(clips):
    (clips / "bad.tsv").write_text("alexa/a.wav alexa\n")
    (clips / "bad.toml").write_text("[[recording]]\nname = 1\n")
    (clips / "worse.toml").write_text("[[recording\n")
    with pytest.raises(AudioInputError) as caught:
        labelled(
            ["alexa", f"computer={clips / 'alexa'}", f"alexa={clips / 'room'}"],
            [clips / "none", clips / "room"],
            [clips / "bad.tsv", clips / "bad.toml", clips / "worse.toml", clips / "absent.tsv"],
            WORDS,
        )
    said = str(caught.value).splitlines()
    assert said[0] == "alexa: expected WORD=FOLDER"
    assert said[1] == f"{clips / 'none'}: no such folder"
    assert said[2] == f"{clips / 'bad.tsv'}:1: expected FILE, a tab, and the wake word in it or -"
    assert said[3].startswith(f"{clips / 'bad.toml'}: [[recording]] 1: expected `file`")
    assert said[4].startswith(f"{clips / 'worse.toml'}: ")
    assert said[5] == f"{clips / 'absent.tsv'}: no such file or directory"
    assert said[6] == "no word 'computer' is configured; [[heads.word]] has alexa, hey_jarvis"
    assert said[7] == f"{clips / 'room/night.ogg'}: both alexa and without a word"


def test_nothing_at_all_is_told():
    with pytest.raises(AudioInputError, match="no recordings: say --positive"):
        labelled([], [], [], WORDS)


def test_a_folder_without_recordings_is_told(clips):
    (clips / "empty").mkdir()
    with pytest.raises(
        AudioInputError, match=r"empty: no recordings \(\.wav, \.flac, \.ogg, \.mp3\) below it"
    ):
        labelled([], [clips / "empty"], [], WORDS)
