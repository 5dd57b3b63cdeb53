import os
import socket
import sys
import zipfile

import pytest

from edged.catalog.convert import environment
from edged.catalog.convert.environment import ready, version
from edged.errors import ModelError


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip takes wheels from, with a compiler of one line in it."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    folder = tmp_path / "index"
    folder.mkdir()
    info = "rknn_toolkit2-2.5.0.dist-info"
    with zipfile.ZipFile(folder / "rknn_toolkit2-2.5.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("rknn/__init__.py", "MADE = True\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: rknn-toolkit2\nVersion: 2.5.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def pins(tmp_path):
    path = tmp_path / "toolkit.txt"
    path.write_text("# ours\nrknn-toolkit2==2.5.0\n")
    return path


def test_the_environment_is_made_once_and_the_compiler_is_in_it_alone(index, pins, tmp_path):
    said: list[str] = []
    made = ready(tmp_path / "cache", said.append, pins)
    assert made.version == "2.5.0"
    assert made.python.is_file()
    assert any(each.startswith("making an environment") for each in said)
    assert "installing collected packages" in said
    packages = next(made.python.parents[1].glob("lib/python3*/site-packages"))
    assert {each.name for each in packages.iterdir()} == {"rknn", "rknn_toolkit2-2.5.0.dist-info"}
    index.rename(index.with_name("gone"))
    said.clear()
    assert ready(tmp_path / "cache", said.append, pins) == made
    assert not said


def test_other_pins_get_an_environment_of_their_own(index, pins, tmp_path):
    first = ready(tmp_path / "cache", pins=pins)
    pins.write_text("rknn-toolkit2==2.5.0\n")
    assert ready(tmp_path / "cache", pins=pins) != first


def test_without_network_it_is_one_sentence_and_nothing_is_left(index, pins, tmp_path, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{closed.getsockname()[1]}/simple")
        monkeypatch.setenv("PIP_RETRIES", "1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with pytest.raises(ModelError) as caught:
            ready(tmp_path / "cache", pins=pins)
    said = str(caught.value)
    assert said.startswith("rknn-toolkit2 2.5.0: the package index does not answer")
    assert said.endswith("convert on a machine that reaches a package index, and copy the result")
    assert "\n" not in said
    assert not [each for each in (tmp_path / "cache").iterdir() if each.is_dir()]


def test_an_environment_that_was_half_made_is_swept_and_made_whole(index, pins, tmp_path):
    left = tmp_path / "cache" / ".partial-toolkit-x"
    left.mkdir(parents=True)
    (left / "file").write_text("half")
    ready(tmp_path / "cache", pins=pins)
    assert not left.exists()


def test_a_cache_that_cannot_be_made_is_one_sentence(pins, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="file"):
        ready(tmp_path / "file", pins=pins)


def test_the_pins_name_every_version_and_this_python_is_known_or_refused():
    lines = [line for line in environment.PINS.read_text().splitlines() if not line.startswith("#")]
    assert all("==" in line for line in lines)
    assert version() == "2.5.0"
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in environment.PYTHONS or sys.version_info > (
        3,
        12,
    )
