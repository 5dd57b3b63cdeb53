"""A machine of its own for every test, and no program of the real one."""

from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """Root of a machine that has nothing yet."""
    folder = tmp_path / "root"
    folder.mkdir()
    monkeypatch.setenv("EDGED_SYSROOT", str(folder))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "session"))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.delenv("LIBRKNNRT_PATH", raising=False)
    return folder


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
