import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends import trial_cache
from edged.backends.trial_cache import FILE, KEPT, TrialCache, cache_folder, key_of

PASSED = {
    "error": "",
    "device": "Mali",
    "mine": {"p95_ms": 1.0, "cpu_ms": 0.2},
    "cpu": {"p95_ms": 1.0, "cpu_ms": 1.0},
}
DIED = {"error": "Dangerous", "reason": "the process that tries it is ended by SIGABRT"}
AWAY = {"error": "ProviderUnavailable", "reason": "permission denied"}


def test_what_was_found_out_is_known_at_the_next_start(tmp_path):
    cache = TrialCache(tmp_path / "deep" / "folder")
    cache.keep("a", PASSED)
    cache.keep("b", DIED)
    again = TrialCache(tmp_path / "deep" / "folder")
    assert (again.find("a"), again.find("b"), again.find("c")) == (PASSED, DIED, None)
    assert [left.name for left in (tmp_path / "deep" / "folder").iterdir()] == [FILE]


def test_that_nothing_could_be_opened_is_not_kept(tmp_path):
    cache = TrialCache(tmp_path)
    cache.keep("a", AWAY)
    assert cache.find("a") is None
    assert not list(tmp_path.iterdir())


def test_the_newest_are_kept(tmp_path):
    cache = TrialCache(tmp_path)
    for number in range(KEPT + 3):
        cache.keep(str(number), DIED)
    cache.keep("3", PASSED)
    again = TrialCache(tmp_path)
    assert [again.find(str(number)) is None for number in range(5)] == [True, True, True, False, False]


@pytest.mark.parametrize(
    "damage",
    [b"", b"\xff\xfe", b"[]", b"{", b'{"a": 1}', b'{"a": {"error": "Other", "reason": ""}}', b"[" * 99999],
)
def test_a_damaged_cache_is_made_anew_and_said_once(tmp_path, caplog, damage):
    (tmp_path / FILE).write_bytes(damage)
    cache = TrialCache(tmp_path)
    cache.keep("a", PASSED)
    assert [record.message for record in caplog.records] == [f"{tmp_path / FILE}: is damaged and made anew"]
    assert TrialCache(tmp_path).find("a") == PASSED


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_any_flipped_byte_is_survived(tmp_path_factory, at, value):
    folder = tmp_path_factory.mktemp("cache")
    TrialCache(folder).keep("a", PASSED)
    raw = bytearray((folder / FILE).read_bytes())
    raw[at % len(raw)] = value
    (folder / FILE).write_bytes(raw)
    TrialCache(folder).keep("b", DIED)
    assert TrialCache(folder).find("b") == DIED


def test_a_cache_that_cannot_be_written_is_done_without_and_said_once(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    cache = TrialCache(tmp_path / "file")
    cache.keep("a", PASSED)
    cache.keep("b", PASSED)
    assert cache.find("a") == PASSED
    assert len(caplog.records) == 1
    assert "Not a directory" in caplog.text


def test_one_driver_is_not_believed_of_another(tmp_path):
    file = tmp_path / "head.onnx"
    file.write_bytes(b"model")
    keys = {
        key_of("rknn heads", "0.9.8", [file]),
        key_of("rknn heads", "0.9.6", [file]),
        key_of("opencl", "0.9.8", [file]),
    }
    file.write_bytes(b"other")
    keys.add(key_of("rknn heads", "0.9.8", [file]))
    assert len(keys) == 4


def test_the_folder_is_systemds_or_roots_or_the_users(monkeypatch, tmp_path):
    monkeypatch.delenv("CACHE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "edged"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert cache_folder() == trial_cache.SYSTEM
    monkeypatch.setenv("CACHE_DIRECTORY", f"{tmp_path}/cache:other")
    assert cache_folder() == tmp_path / "cache"
