"""A clip is there as a whole or not at all, for its owner alone, and never more than the quota allows."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from edged.errors import EdgedError
from edged.runtime.clips import store as module
from edged.runtime.clips.clip import NoSuchClip, read_sound
from edged.runtime.clips.store import Store
from tests.runtime.clips.clip import clip_id, document, sound

QUOTA = 10**6


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state" / "clips")


def ids(store: Store) -> list[str]:
    return [entry.id for entry in store.entries()]


def put(store: Store, second: int, samples: int = 0, quota: int = QUOTA) -> str:
    id = clip_id(second)
    store.put(document(id, samples), sound(samples) if samples else None, quota)
    return id


def test_what_was_kept_comes_back_sample_by_sample(store):
    id = put(store, 1, samples=5000)
    assert store.read(id) == document(id, 5000)
    assert np.array_equal(read_sound(store.folder / id), sound(5000))
    assert store.sound(id) == store.folder / id / "sound.flac"


def test_nobody_else_may_read_it(store):
    id = put(store, 1, samples=100)
    store.mark(id, "wrong")
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((store.folder / id).stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (store.folder / id).iterdir()} == {0o600}


def test_a_mark_is_kept_beside_it_and_can_be_taken_back(store):
    id = put(store, 1)
    for verdict in ("wrong", "right", None):
        store.mark(id, verdict)
        assert store.read(id).verdict == verdict
    assert [entry.marked for entry in store.entries()] == [False]


@pytest.mark.parametrize("act", ["read", "delete", "sound"])
@pytest.mark.parametrize("id", [clip_id(7), "../../etc", "", ".new-x"])
def test_what_is_no_clip_is_refused(store, act, id):
    store.clean()
    with pytest.raises(NoSuchClip):
        getattr(store, act)(id)
    with pytest.raises(NoSuchClip):
        store.mark(id, "wrong")


def test_a_clip_without_sound_says_so(store):
    with pytest.raises(NoSuchClip, match="has no sound"):
        store.sound(put(store, 1))


def test_the_list_is_the_newest_first_and_names_what_is_damaged(store):
    first, second = put(store, 1), put(store, 2)
    (store.folder / first / "clip.json").write_bytes(b'{"v": 1, "id"')
    listed = list(store.list())
    assert [each.id for each in listed] == [second, first]
    assert listed[0].document == document(second)
    assert listed[1].document is None
    assert "is no clip of this version" in listed[1].problem


def test_older_ones_make_room_and_marked_ones_stay_longest(store):
    first = put(store, 1, samples=2000)
    size = store.entries()[0].size
    store.mark(first, "wrong")
    quota = 4 * size
    for second in range(2, 9):
        put(store, second, samples=2000, quota=quota)
        assert sum(entry.size for entry in store.entries()) <= quota
    assert ids(store) == [clip_id(1), clip_id(7), clip_id(8)]


def test_one_that_is_larger_than_the_quota_is_not_kept_and_costs_no_other(store):
    put(store, 1)
    assert store.put(document(clip_id(2), 9000), sound(9000), quota=6000) is False
    assert ids(store) == [clip_id(1)]


def test_what_is_too_old_goes(store):
    for second in (1, 30, 59):
        put(store, second)
    now = datetime(2026, 11, 20, 10, 1, 0, tzinfo=UTC)
    assert store.expire(now, max_age_s=31) == 1
    assert ids(store) == [clip_id(30), clip_id(59)]
    assert store.expire(now, max_age_s=0) == 0


CALLS = ["mkdir", "write", "fsync", "rename"]


@pytest.mark.parametrize("fatal", CALLS)
def test_a_crash_at_any_step_leaves_nothing_that_looks_like_a_clip(store, monkeypatch, fatal):
    """The crash is one that lets nobody tidy up: what it left is found by the next start."""

    class Crash(BaseException):
        pass

    def crash(*args: object, **kwargs: object) -> None:
        raise Crash

    put(store, 1, samples=500)
    with monkeypatch.context() as patch:
        if fatal in ("write", "fsync"):
            patch.setattr(module.os, "fsync", crash)
        else:
            patch.setattr(Path, fatal, crash)
        with pytest.raises(Crash):
            put(store, 2, samples=500)
    assert ids(store) == [clip_id(1)]
    Store(store.folder).clean()
    assert [file.name for file in store.folder.iterdir()] == [clip_id(1)]
    put(store, 2, samples=500)
    assert ids(store) == [clip_id(1), clip_id(2)]


def test_a_crash_while_deleting_leaves_it_gone(store, monkeypatch):
    id = put(store, 1, samples=500)
    monkeypatch.setattr(module.shutil, "rmtree", lambda *args, **kwargs: None)
    store.delete(id)
    assert ids(store) == []
    monkeypatch.undo()
    store.clean()
    assert list(store.folder.iterdir()) == []


def test_a_disk_that_takes_nothing_leaves_no_half_clip(store, monkeypatch):
    put(store, 1)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        put(store, 2, samples=500)
    with pytest.raises(EdgedError, match="the mark cannot be kept: no space left on device"):
        store.mark(clip_id(1), "wrong")
    assert [file.name for file in store.folder.iterdir()] == [clip_id(1)]
    assert [file.name for file in (store.folder / clip_id(1)).iterdir()] == ["clip.json"]


def test_purge_deletes_all_but_what_is_to_stay_and_touches_nothing_else(store):
    marked, other = put(store, 1), put(store, 2)
    store.mark(marked, "right")
    (store.folder / "holiday.jpg").write_bytes(b"not ours")
    (store.folder / f".new-{clip_id(3)}").mkdir()
    assert store.purge(keep=lambda entry: entry.marked) == 1
    assert ids(store) == [marked]
    assert store.purge() == 1
    assert [file.name for file in store.folder.iterdir()] == ["holiday.jpg"]
    assert other not in ids(store)


def test_no_folder_is_no_clips(store):
    assert ids(store) == []
    assert store.purge() == 0
    assert not store.folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_mark_that_root_makes_belongs_to_whom_the_clip_belongs_to(store):
    id = put(store, 1)
    os.chown(store.folder / id, 12_345, 12_346)
    store.mark(id, "wrong")
    owner = (store.folder / id / "verdict").stat()
    assert (owner.st_uid, owner.st_gid) == (12_345, 12_346)


class Disk(RuleBasedStateMachine):
    """Clips come, are marked and deleted, by two who know nothing of each other, and crash in between."""

    known = Bundle("known")

    @initialize(folder=st.just(None))
    def begin(self, folder):
        import tempfile

        self.home = tempfile.TemporaryDirectory()
        self.daemon = Store(Path(self.home.name) / "clips")
        self.user = Store(Path(self.home.name) / "clips")
        self.quota = 12_000
        self.next = 0
        self.marked: set[str] = set()

    @rule(target=known, samples=st.integers(1, 3000))
    def keep(self, samples):
        self.next += 1
        before = {entry.id: entry.marked for entry in self.user.entries()}
        id = put(self.daemon, self.next, samples, self.quota)
        after = ids(self.user)
        if id in after:
            gone = [each for each in before if each not in after]
            stayed = [each for each in before if each in after]
            assert all((before[g], g) < (before[s], s) for g in gone for s in stayed)
        else:
            assert after == list(before)
        return id

    @rule(id=known, verdict=st.sampled_from(["right", "wrong", None]))
    def mark(self, id, verdict):
        if id in ids(self.user):
            self.user.mark(id, verdict)
            assert self.daemon.read(id).verdict == verdict
        else:
            with pytest.raises(NoSuchClip):
                self.user.mark(id, verdict)

    @rule(id=known)
    def delete(self, id):
        if id in ids(self.user):
            self.user.delete(id)
        assert id not in ids(self.daemon)

    @rule(id=known)
    def crash(self, id):
        (self.daemon.folder / f".new-{id}").mkdir(exist_ok=True)
        (self.daemon.folder / f".new-{id}" / "clip.json").write_bytes(b"{")
        assert f".new-{id}" not in ids(self.user)
        self.daemon.clean()

    @invariant()
    def fits(self):
        # marks may come after the clip was measured
        assert sum(entry.size for entry in self.user.entries()) <= self.quota + 8 * self.next
        for each in self.user.list():
            assert each.document is not None
            if each.document.sound is not None:
                assert len(read_sound(each.path)) == each.document.sound.samples
        assert not any(file.name.startswith(".") for file in self._files())

    def _files(self):
        return self.daemon.folder.iterdir() if self.daemon.folder.exists() else ()

    def teardown(self):
        self.home.cleanup()


TestDisk = Disk.TestCase
TestDisk.settings = settings(max_examples=6, stateful_step_count=20, deadline=None)
