"""Every report says what it was measured on, with the same keys on every machine."""

import hashlib

import numpy as np
import pytest

from edged.bench.header import KEYS, closed, header
from edged.bench.machine import share_of_memory
from edged.catalog.search import find
from tests.daemon import models
from tests.machines import machine

__all__ = ["models"]

GOLDEN = (
    "date", "edged", "board", "soc", "architecture", "kernel", "distribution", "cpu", "gpu", "npu",
    "memory_mb", "power_sensor", "versions", "models", "recordings", "before", "after",
)  # fmt: skip
STATE = {"celsius", "clocks_held_down", "cpu_hz", "load", "available_mb"}


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A ROCK 5B under the vendor's kernel."""
    machine(tmp_path / "root", "rock-5b", "v61")
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path / "root"))


def test_every_key_is_there_on_a_machine_that_tells_nothing():
    said = closed(header())
    assert tuple(said) == KEYS == GOLDEN
    assert said["board"]["name"] == "generic"
    assert said["soc"] is said["npu"] is said["memory_mb"] is said["power_sensor"] is None
    assert set(said["gpu"]) == {"clock_hz", "governor", "opencl_drivers", "kernel_driver"}
    assert set(said["before"]) == set(said["after"]) == STATE


def test_a_board_is_named_with_chip_kernel_governors_and_heat(board):
    said = closed(header(power_sensor="/sys/class/hwmon/hwmon0/power1_input"))
    assert tuple(said) == GOLDEN
    assert said["board"] == {"name": "rock-5b", "model": "Radxa ROCK 5B"}
    assert said["soc"] == "rockchip,rk3588"
    assert said["kernel"] == {"release": "6.1.115-vendor-rk35xx", "kind": "vendor+mali"}
    assert {cluster["core"] for cluster in said["cpu"]["clusters"]} == {"A55", "A76"}
    assert all(cluster["governor"] for cluster in said["cpu"]["clusters"])
    assert said["gpu"]["clock_hz"] and said["gpu"]["governor"]
    assert "gpu-thermal" in said["before"]["celsius"]
    assert said["memory_mb"] > said["before"]["available_mb"] > 0
    assert said["power_sensor"].endswith("power1_input")


def test_models_and_recordings_are_told_by_the_hash_of_what_was_used(models):
    head = find("alexa", "head", models)
    pcm = np.arange(32_000, dtype=np.int16)
    said = header([head], [("room.wav", pcm)])
    (model,), (recording,) = said["models"], said["recordings"]
    content = head.files["model"].path.read_bytes()
    assert model["sha256"] == {"model": hashlib.sha256(content).hexdigest()}
    assert recording == {
        "file": "room.wav", "seconds": 2.0, "sha256_of_samples": hashlib.sha256(pcm.tobytes()).hexdigest()
    }  # fmt: skip
    assert said["versions"]["onnxruntime"]


def test_memory_is_told_as_a_share_of_the_machine_s(board):
    whole = header()["memory_mb"]
    assert share_of_memory(whole / 4) == pytest.approx(0.25, abs=1e-4)
    assert share_of_memory(None) is None


def test_a_machine_that_does_not_tell_its_memory_has_no_share():
    assert share_of_memory(100.0) is None
