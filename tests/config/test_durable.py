"""What was written reaches the disk, and a disk that takes nothing is an error."""

import os
import stat

import pytest

from edged.config import durable


@pytest.fixture
def synced(monkeypatch):
    """What was brought to the disk, in order: sizes of files, names in folders."""
    seen = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        status = os.fstat(descriptor)
        folder = stat.S_ISDIR(status.st_mode)
        seen.append(sorted(os.listdir(descriptor)) if folder else status.st_size)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def test_all_that_was_written_is_on_its_way_before_the_disk_is_asked(tmp_path, synced):
    with (tmp_path / "text").open("w") as file:
        file.write("what python still holds back")
        durable.flush(file)
        assert synced == [len("what python still holds back")]


def test_the_names_in_a_folder_are_brought_to_the_disk(tmp_path, synced):
    (tmp_path / "a").touch()
    durable.flush_folder(tmp_path)
    assert synced == [["a"]]


def test_a_folder_that_is_none_is_an_error(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(NotADirectoryError):
        durable.flush_folder(tmp_path / "a")
