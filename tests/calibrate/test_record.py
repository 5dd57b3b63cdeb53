"""What was heard is kept bounded, read again as it was, and never mixed with another model's."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.calibrate.record import FILES, KEPT, Heard, Record, read, write
from edged.errors import ConfigError, OverlayError

PEAKS = st.lists(st.tuples(st.integers(0, 10**6).map(lambda n: n / 10**6), st.text(max_size=8)), max_size=50)


@given(PEAKS, st.integers(0, 10**9))
def test_a_record_is_read_as_it_was_written(tmp_path_factory, peaks, hops):
    file = tmp_path_factory.mktemp("record") / "made" / "calibration.json"
    heard = Heard("abc", hops)
    for score, when in peaks:
        heard.add(score, when)
    write(Record({"w": heard}, ["digest"]), file)
    again = read(file)
    assert again.words["w"].highest == heard.highest
    assert (again.words["w"].hops, again.files) == (hops, ["digest"])


def test_the_highest_peaks_are_kept_however_many_come(tmp_path):
    heard = Heard("abc")
    for number in range(5 * KEPT):
        heard.add((number * 7919 % (5 * KEPT)) / (5 * KEPT), f"2026-11-28 14:02:{number}")
    assert len(heard.peaks) == KEPT
    assert heard.scores[0] == pytest.approx(1 - 1 / (5 * KEPT))
    assert heard.scores[-1] == pytest.approx(0.8)
    write(Record({"w": heard}, [f"{number:064x}" for number in range(FILES + 100)]), tmp_path / "r.json")
    assert len(read(tmp_path / "r.json").files) == FILES
    assert (tmp_path / "r.json").stat().st_size < 500_000


def test_peaks_of_a_time_are_left_out():
    heard = Heard("abc", 100)
    for score, when in (
        (0.9, "2026-11-28 14:02:11"),
        (0.8, "2026-11-28 14:02:40"),
        (0.1, "2026-11-28 15:00:00"),
    ):
        heard.add(score, when)
    assert heard.leave_out("2026-11-28 14:02") == 2
    assert heard.highest == [(0.1, "2026-11-28 15:00:00")]
    assert heard.leave_out("2026-11-28 14:02") == 0


def test_another_model_or_rule_is_not_mixed_in(tmp_path):
    record = Record({"w": Heard("abc")})
    assert record.word("w", "abc", tmp_path).identity == "abc"
    with pytest.raises(ConfigError, match=r"w was heard with another model.*--fresh forgets"):
        record.word("w", "other", tmp_path)


def test_where_there_is_no_file_nothing_was_heard(tmp_path):
    assert read(tmp_path / "absent.json") == Record()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"words": 3, "files": []}',
        '{"words": {"w": {}}, "files": []}',
        '{"words": {"w": {"identity": "a", "hops": -1, "peaks": []}}, "files": []}',
        '{"words": {"w": {"identity": "a", "hops": 1, "peaks": [[2.0, "t"]]}}, "files": []}',
        "[" * 100_000,
    ],
)
def test_a_damaged_record_is_one_sentence(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(ConfigError, match=r"r\.json: damaged, or no record of `edged calibrate`; --fresh"):
        read(tmp_path / "r.json")


def test_a_record_that_cannot_be_read_or_kept_is_a_sentence_with_a_way_out(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="is a directory"):
        read(tmp_path / "folder")
    (tmp_path / "file").write_text("")
    with pytest.raises(OverlayError, match=r"file/r\.json: .*; --record names another file"):
        write(Record(), tmp_path / "file" / "r.json")


def test_no_sound_is_in_it(tmp_path):
    write(Record({"w": Heard("abc", 3, [(0.5, "t")])}), tmp_path / "r.json")
    said = json.loads((tmp_path / "r.json").read_text())
    assert set(said) == {"v", "words", "files"}
    assert said["words"]["w"] == {"identity": "abc", "hops": 3, "peaks": [[0.5, "t"]]}
