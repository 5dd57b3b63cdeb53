import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.opencl.store import KEPT, Store

KEY = ("Mali-G610", "g13p0", "0.1.0")
OTHER = ("Mali-G610", "g18p0", "0.1.0")


def only_file(folder):
    (file,) = folder.iterdir()
    return file


def test_what_was_kept_is_found_under_its_key_and_kind_only(tmp_path):
    Store(tmp_path / "new").keep("program", KEY, b"kernels")
    store = Store(tmp_path / "new")
    assert store.find("program", KEY) == b"kernels"
    assert store.find("program", OTHER) is None
    assert store.find("choice", KEY) is None


@given(st.binary(max_size=200), st.data())
def test_any_damage_makes_it_as_good_as_none(tmp_path_factory, content, data):
    folder = tmp_path_factory.mktemp("store")
    Store(folder).keep("program", KEY, content)
    whole = only_file(folder).read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from([whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], whole + b"\0"])
    )
    only_file(folder).write_bytes(damaged)
    assert Store(folder).find("program", KEY) is None
    assert list(folder.iterdir()) == []


def test_a_file_of_another_device_under_the_right_name_is_not_believed(tmp_path, caplog):
    store = Store(tmp_path)
    store.keep("program", KEY, b"mine")
    name = only_file(tmp_path)
    store.keep("program", OTHER, b"foreign")
    (foreign,) = set(tmp_path.iterdir()) - {name}
    foreign.replace(name)
    assert store.find("program", KEY) is None
    assert caplog.text.count("another device") == 1


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "below")
    for _ in range(3):
        store.keep("program", KEY, b"kernels")
        assert store.find("program", KEY) is None
    assert len(caplog.records) == 1
    assert str(tmp_path) in caplog.text


def test_a_file_that_is_there_is_whole(tmp_path):
    """What a writer left half way has another name, which nobody looks for."""
    store = Store(tmp_path)
    store.keep("program", KEY, b"first")
    before = only_file(tmp_path).stat().st_ino
    store.keep("program", KEY, b"second")
    assert only_file(tmp_path).stat().st_ino != before
    assert store.find("program", KEY) == b"second"


def test_old_files_go_when_new_ones_come(tmp_path):
    store = Store(tmp_path)
    for number in range(KEPT + 5):
        store.keep("program", (str(number),), b"kernels")
        for file in tmp_path.iterdir():
            os.utime(file, ns=(0, file.stat().st_mtime_ns - 10**9))
    assert len(list(tmp_path.iterdir())) == KEPT
    assert store.find("program", (str(KEPT + 4),)) == b"kernels"
    assert store.find("program", ("0",)) is None


@pytest.mark.parametrize("kind", ["program", "choice"])
def test_without_a_folder_nothing_is_kept(kind):
    store = Store(None)
    store.keep(kind, KEY, b"kernels")
    assert store.find(kind, KEY) is None
