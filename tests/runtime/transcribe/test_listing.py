"""What is asked for: files and lines of wav.scp, with all problems told at once."""

from pathlib import Path

import pytest

from edged.errors import AudioInputError
from edged.runtime.transcribe.listing import Item, listed


def test_files_are_called_by_their_name_and_lines_as_they_say(tmp_path):
    scp = tmp_path / "wav.scp"
    scp.write_text("one /a/b c.wav\n\ntwo\tother.flac\n")
    assert listed([Path("x/talk.wav")], scp, told_apart=True) == [
        Item("talk", Path("x/talk.wav")),
        Item("one", Path("/a/b c.wav")),
        Item("two", Path("other.flac")),
    ]


def test_all_that_is_wrong_with_a_list_is_told_at_once(tmp_path):
    scp = tmp_path / "wav.scp"
    scp.write_text("one a.wav\none b.wav\nalone\nsph sph2pipe -f wav x.sph |\n../up c.wav\n")
    with pytest.raises(AudioInputError) as told:
        listed([], scp, told_apart=True)
    lines = str(told.value).splitlines()
    assert [line.removeprefix(f"{scp}:")[:1] for line in lines[:3]] == ["3", "4", "5"]
    assert "commands are not run" in lines[1]
    assert "one: 2 recordings have this name" in lines[3]


def test_two_of_one_name_are_fine_where_nothing_is_written_by_name():
    assert len(listed([Path("a/x.wav"), Path("b/x.wav")], None, told_apart=False)) == 2


@pytest.mark.parametrize(("content", "reason"), [(None, "no such file"), (b"\xff\xfe", "UTF-8")])
def test_a_list_that_cannot_be_read_is_one_sentence(tmp_path, content, reason):
    if content:
        (tmp_path / "wav.scp").write_bytes(content)
    with pytest.raises(AudioInputError, match=reason):
        listed([], tmp_path / "wav.scp", told_apart=False)
