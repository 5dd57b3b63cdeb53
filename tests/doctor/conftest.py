"""A machine of its own for every test, and no program of the real one."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")


@pytest.fixture
def root(tmp_path, monkeypatch) -> Iterator[Path]:
    """Root of a machine that has nothing yet; in memory, for it is hundreds of small files."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "session"))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.delenv("LIBRKNNRT_PATH", raising=False)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        monkeypatch.setenv("EDGED_SYSROOT", folder)
        yield Path(folder)


@pytest.fixture
def bin_folder(tmp_path, monkeypatch) -> Path:
    """The only folder of the PATH; no systemctl, no amixer until a test puts one there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def config_file(tmp_path) -> Path:
    file = tmp_path / "edged.toml"
    file.write_text('[audio]\nsource = "mic:"\n')
    return file
