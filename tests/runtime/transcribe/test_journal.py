"""The journal: whatever is left of it after a crash, what was whole is found again and nothing else."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from edged.errors import SinkError
from edged.messages import Word
from edged.runtime.transcribe.journal import Journal, key_of
from edged.runtime.transcribe.passage import Passage

PASSAGES = (
    Passage(0, 100, "turn on", (Word("turn", 0.0, 0.1), Word("on", 0.2, 0.3, 0.5)), 0.25),
    Passage(100, 260, "", (), 0.125),
    Passage(300, 400, "späte Grüße\n", (), 0.5),
)


def written(path, key="key"):
    journal = Journal(path, key)
    for passage in PASSAGES:
        journal.add(passage)
    journal.finish(400)
    journal.close()
    return path


@given(data=st.data())
def test_cut_off_anywhere_it_goes_on_after_the_last_whole_line(tmp_path_factory, data):
    path = written(tmp_path_factory.mktemp("journal") / "a.journal")
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut] + data.draw(st.sampled_from([b"", b"\0\0\0\n", b'{"start": 1}\n'])))
    journal = Journal(path, "key")
    kept = journal.passages
    lines = whole[:cut].count(b"\n") - 1
    if whole[:cut].endswith(b"\n") or lines < 0 or cut == 0:
        assert kept == PASSAGES[: max(lines, 0)]
    assert kept == PASSAGES[: len(kept)]
    for passage in PASSAGES[len(kept) :]:
        journal.add(passage)
    journal.finish(400)
    journal.close()
    assert path.read_bytes() == whole


def test_what_was_kept_for_other_sound_or_another_model_is_forgotten(tmp_path):
    journal = Journal(written(tmp_path / "a.journal"), "other")
    assert (journal.passages, journal.samples) == ((), None)
    journal.close()


def test_a_recording_that_came_to_its_end_is_known_whole(tmp_path):
    journal = Journal(written(tmp_path / "a.journal"), "key")
    assert (journal.passages, journal.samples) == (PASSAGES, 400)
    assert journal.find(100, 260) == PASSAGES[1]
    assert journal.find(100, 261) is None
    journal.close()


def test_two_runs_cannot_write_one_journal(tmp_path):
    first = Journal(tmp_path / "a.journal", "key")
    with pytest.raises(SinkError, match="another edged transcribe"):
        Journal(tmp_path / "a.journal", "key")
    first.close()


def test_the_key_tells_bytes_and_options_apart(tmp_path):
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    keys = {key_of(tmp_path / name, option) for name in "ab" for option in ("x", "y")}
    assert len(keys) == 4
    assert key_of(tmp_path / "a", "x") in keys
