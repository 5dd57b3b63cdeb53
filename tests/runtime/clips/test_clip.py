"""One clip in its folder: read wherever it lies, or refused in a sentence that names the file."""

import numpy as np
import pytest

from edged.errors import AudioInputError
from edged.runtime.clips.clip import NoSuchClip, read_clip, read_sound
from edged.runtime.clips.store import Store
from tests.runtime.clips.clip import clip_id, document, sound

ID = clip_id(1)


@pytest.fixture
def home(tmp_path):
    store = Store(tmp_path / "clips")
    store.put(document(ID, 100), sound(100), quota=10**6)
    return (store.folder / ID).rename(tmp_path / "elsewhere")


def test_it_is_read_wherever_it_lies(home):
    assert read_clip(home) == document(ID, 100)
    assert np.array_equal(read_sound(home), sound(100))


@pytest.mark.parametrize(("said", "verdict"), [("wrong\n", "wrong"), ("right", "right"), ("perhaps", None)])
def test_what_a_person_says_of_it_counts_where_it_is_a_verdict(home, said, verdict):
    (home / "verdict").write_text(said)
    assert read_clip(home).verdict == verdict


def test_one_of_another_version_is_refused_with_the_place(home):
    text = (home / "clip.json").read_text()
    (home / "clip.json").write_text(text.replace('"v": 1', '"v": 2'))
    with pytest.raises(AudioInputError, match=r"clip\.json: is no clip of this version: v: "):
        read_clip(home)


def test_damaged_sound_is_one_sentence(home):
    (home / "sound.flac").write_bytes(b"fLaC, and no more")
    with pytest.raises(AudioInputError, match="is damaged"):
        read_sound(home)


def test_a_folder_without_one_is_no_clip(tmp_path):
    for read in (read_clip, read_sound):
        with pytest.raises(NoSuchClip, match="no such clip"):
            read(tmp_path)
