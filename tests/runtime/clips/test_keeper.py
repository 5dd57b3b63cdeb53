"""The writer: what it cannot write is counted and said once, and nobody waits for it."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edged.config.schema import Clips
from edged.runtime.clips import store as module
from edged.runtime.clips.keeper import DEPTH, Keeper
from edged.runtime.clips.kept import Kept
from edged.runtime.clips.place import SYSTEM, clips_folder
from edged.runtime.clips.store import Store
from tests.runtime.clips.clip import MADE_BY, clip_id, document

NOW = datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC)


def kept(second: int) -> Kept:
    return Kept(
        id=clip_id(second),
        kind="wake",
        word="computer",
        reason=None,
        score=0.75,
        stream="mic",
        utterance=1,
        wall="2026-11-20T10:00:00.000Z",
        sample=1280,
        no_sound="a test made it",
        made_by=MADE_BY,
    )


def keeper(folder: Path, **settings: object) -> Keeper:
    return Keeper(Clips(enabled=True, **settings), MADE_BY, store=Store(folder), wall=lambda: NOW)


def written(keeper: Keeper) -> list[str]:
    """Let it write all that waits, to the end."""
    keeper.start()
    keeper.close(timeout_s=20)
    assert keeper.worker.failure is None
    return [entry.id for entry in keeper.store.entries()]


def test_what_is_offered_is_written_by_a_thread_of_its_own(tmp_path):
    one = keeper(tmp_path / "clips")
    for second in range(3):
        one.offer(kept(second))
    assert written(one) == [clip_id(0), clip_id(1), clip_id(2)]


def test_where_the_disk_is_too_slow_the_newest_is_refused_counted_and_said_once(tmp_path, caplog):
    one = keeper(tmp_path / "clips")
    for second in range(DEPTH + 3):
        assert one.has_room is (second < DEPTH)
        one.offer(kept(second))
    assert one.box.dropped == 3
    assert len(caplog.records) == 1
    assert f"clips are being dropped, first {clip_id(DEPTH)}" in caplog.text
    assert len(written(one)) == DEPTH


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), OSError(30, "Read-only file system")]
)
def test_a_disk_that_takes_nothing_is_said_once_and_what_comes_later_is_kept_again(tmp_path, caplog, error):
    one = keeper(tmp_path / "clips")
    caplog.set_level(logging.WARNING)
    broken = [True, True, True]
    real = module.os.fsync

    def fsync(descriptor: int) -> None:
        if broken:
            broken.pop()
            raise error
        real(descriptor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.os, "fsync", fsync)
        for second in range(5):
            one.offer(kept(second))
        assert written(one) == [clip_id(3), clip_id(4)]
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert said[0].startswith("clips are not kept: ")
    assert (error.strerror or "").lower() in said[0]
    assert said[1].startswith("clips are kept again in ")


def test_a_folder_that_cannot_be_made_ends_nothing(tmp_path, caplog):
    (tmp_path / "file").write_text("no folder")
    one = keeper(tmp_path / "file" / "clips")
    one.offer(kept(1))
    one.start()
    one.close(timeout_s=20)
    assert one.worker.failure is None
    assert "clips are not kept" in caplog.text


def test_a_start_clears_away_what_a_crash_left_and_what_is_too_old_or_too_much(tmp_path):
    store = Store(tmp_path)
    for second in (0, 1800, 3000, 3599):
        store.put(document(clip_id(second)), None, 10**6)
    (tmp_path / f".new-{clip_id(9)}").mkdir()
    one = Keeper(
        Clips(enabled=True, max_age_days=1),
        MADE_BY,
        store=store,
        wall=lambda: NOW + timedelta(days=1, seconds=2000),
    )
    one.offer(kept(3500))
    assert written(one) == [clip_id(3000), clip_id(3500), clip_id(3599)]
    assert not list(tmp_path.glob(".*"))


def test_switched_off_it_still_deletes_what_is_too_old_and_makes_no_folder(tmp_path):
    store = Store(tmp_path / "clips")
    off = Clips(max_age_days=1)
    one = Keeper(off, MADE_BY, store=store, wall=lambda: NOW + timedelta(days=1, seconds=5))
    assert written(one) == []
    assert not store.folder.exists()
    for second in (0, 100):
        store.put(document(clip_id(second)), None, 10**6)
    one = Keeper(off, MADE_BY, store=store, wall=lambda: NOW + timedelta(days=1, seconds=5))
    assert written(one) == [clip_id(100)]


def test_the_quota_holds(tmp_path):
    store = Store(tmp_path)
    big = (module.Path(tmp_path) / clip_id(1)) / "sound.flac"
    big.parent.mkdir()
    big.write_bytes(bytes(999_999))
    one = Keeper(Clips(enabled=True, quota_mb=1), MADE_BY, store=store, wall=lambda: NOW)
    one.offer(kept(2))
    assert written(one) == [clip_id(2)]


def test_ids_sort_by_time_and_differ_within_a_millisecond(tmp_path):
    one = keeper(tmp_path)
    (first, wall), (second, _) = one.name("wake"), one.name("near_miss")
    assert first != second
    assert wall == "2026-11-20T10:00:00.000Z"
    for id in (first, second):
        assert module.ID.fullmatch(id)
        assert id.startswith("20261120T100000.000Z-")


def test_clips_lie_where_the_configuration_says_else_with_the_state(monkeypatch, tmp_path):
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert clips_folder(Path("/mnt/usb/clips")) == Path("/mnt/usb/clips")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert clips_folder(None) == SYSTEM
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert clips_folder(None) == tmp_path / ".local/state/edged/clips"
    monkeypatch.setenv("XDG_STATE_HOME", "/xdg")
    assert clips_folder(None) == Path("/xdg/edged/clips")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edged")
    assert clips_folder(None) == Path("/var/lib/edged/clips")
