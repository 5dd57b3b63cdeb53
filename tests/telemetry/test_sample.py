"""Every fake machine, in every variant: right values, absent where nothing is told, never an exception."""

import os
import sys
import threading

import pytest

from edged.telemetry.sample import Sampler
from tests.machines import BOARDS, KERNELS, MACHINES, NASTY_MACHINES, put

OPENED: list[str] = []
"""Every path opened while `WATCHING` holds something; an audit hook cannot be taken off again."""
WATCHING: list[bool] = []


def _hook(event: str, args: tuple) -> None:
    if WATCHING and event == "open":
        OPENED.append(str(args[0]))


sys.addaudithook(_hook)


def opened_by(act) -> list[str]:
    OPENED.clear()
    WATCHING.append(True)
    act()
    WATCHING.clear()
    return list(OPENED)


@pytest.mark.parametrize(("board", "kernel"), MACHINES)
def test_a_sound_machine_tells_what_its_kernel_has(on, board, kernel):
    on(board, kernel)
    vendor = kernel != "ml618"
    seen = Sampler(pid=1).take(3.5)
    assert seen.at == 3.5
    cores = [(now.cluster.core, now.cluster.cpus, now.cluster.policy) for now in seen.clusters]
    assert cores == [("A55", (0, 1, 2, 3), 0), ("A76", (4, 5), 4), ("A76", (6, 7), 6)]
    lowest = [408, 408, 408] if vendor else [1008, 1200, 1200]
    assert [now.clock.now_hz for now in seen.clusters] == [mhz * 1_000_000 for mhz in lowest]
    assert {now.clock.governor for now in seen.clusters} == {"ondemand" if kernel == "v510" else "schedutil"}
    assert seen.zones["gpu-thermal"] == pytest.approx(39.769)
    assert len(seen.zones) == 7
    assert set(seen.held_down.values()) == {0.0}
    assert seen.gpu.clock_hz == 300_000_000
    assert seen.gpu.load == (0.22 if vendor else None)
    assert seen.npu.powered is False
    assert seen.npu.clock_hz == (1_000_000_000 if vendor else None)
    assert seen.npu.loads == ((0.21, 0.0, 0.0) if vendor else ())
    assert (seen.memory_controller is not None) == vendor
    assert seen.available_bytes == 7_000_000 * 1024
    assert seen.sensor_watts is None
    assert seen.input_volts == (pytest.approx(11.977, abs=0.001) if board == "rock-5b" else None)
    assert set(seen.watts_of_cpu) == set(range(8))
    assert (seen.gpu_watts is not None) == vendor


ABSENT = {
    "npu_load_20000": lambda seen: seen.npu is None or not seen.npu.loads or seen.npu.loads[0] is None,
    "load_missing": lambda seen: seen.gpu.load is None and (seen.npu is None or seen.npu.loads == ()),
    "load_empty": lambda seen: seen.gpu.load is None and seen.gpu_watts is None,
    "zones_shuffled": lambda seen: seen.zones["npu-thermal"] == 39.769 and 40.692 in seen.zones.values(),
    "no_in_voltage6": lambda seen: seen.input_volts is None,
    "tcpm_0_volts": lambda seen: seen.sensor_watts is None,
    "governor_unreadable": lambda seen: all(now.clock.governor is None for now in seen.clusters),
    "policies_0_and_4": lambda seen: (
        [now.clock.now_hz is None for now in seen.clusters] == [False, False, True]
        and set(seen.watts_of_cpu) == set(range(6))
    ),
    "temp_unreadable": lambda seen: seen.zones == {},
    "temp_garbage": lambda seen: seen.zones == {},
    "no_cpufreq": lambda seen: (
        [now.cluster.cpus for now in seen.clusters] == [(0, 1, 2, 3), (4, 5, 6, 7)]
        and seen.watts_of_cpu == {}
    ),
    "no_devfreq": lambda seen: seen.gpu is None and seen.memory_controller is None and seen.npu is not None,
    "no_cpu_capacity": lambda seen: [now.cluster.capacity for now in seen.clusters] == [397, 1024, 1024],
    "no_cpuinfo": lambda seen: (
        [now.cluster.capacity for now in seen.clusters] == [397, 1024, 1024] and seen.watts_of_cpu == {}
    ),
    "no_debugfs": lambda seen: seen.npu is not None and seen.npu.loads == (),
    "npu_freq_trap": lambda seen: seen.npu is not None,
    "held_by_heat": lambda seen: (
        max(seen.zones.values()) == 85.125
        and max(seen.held_down.values()) == pytest.approx(5 / 7)
        and seen.clusters[1].clock.allowed_hz == 1_200_000_000
    ),
}
"""What a variant must come to; the others change nothing that is read here."""


@pytest.mark.parametrize(("board", "kernel", "nasty"), NASTY_MACHINES)
def test_a_nasty_machine_tells_what_is_left(on, board, kernel, nasty):
    on(board, kernel, nasty)
    seen = Sampler(pid=1).take(0.0)
    assert ABSENT.get(nasty, lambda seen: set(seen.watts_of_cpu) == set(range(8)))(seen)


def test_a_machine_that_tells_nothing_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    seen = Sampler(pid=1).take(0.0)
    assert (seen.clusters, seen.gpu, seen.npu, seen.held_down, seen.processes) == ((), None, None, None, ())
    assert (dict(seen.zones), seen.sensor_watts, seen.available_bytes) == ({}, None, None)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_looking_leaves_the_npu_asleep(on, board, kernel):
    on(board, kernel)
    paths = opened_by(lambda: Sampler(pid=1).take(0.0))
    assert any("fdab0000.npu" in path for path in paths)
    debugged = {path.rpartition("/")[2] for path in paths if "rknpu/" in path}
    assert debugged <= {"load"}
    assert not any("/dev/" in path for path in paths)


def test_a_file_that_never_answers_holds_nothing_up(on):
    root = on("rock-5b", "v61")
    for path in ("sys/class/thermal/thermal_zone0/temp", "sys/class/devfreq/fb000000.gpu/load"):
        (root / path).unlink()
        os.mkfifo(root / path)
    thread = threading.Thread(target=lambda: Sampler(pid=1).take(0.0), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_watts_follow_the_clocks_that_were_run_since_the_look_before(on):
    root = on("rock-5b", "v61")
    sampler = Sampler(pid=1)
    state = root / "sys/devices/system/cpu/cpufreq/policy4/stats/time_in_state"
    spent = (
        state.read_text().replace("1200000 10\n", "1200000 110\n").replace("2208000 10\n", "2208000 110\n")
    )
    state.unlink()
    put(root, "/sys/devices/system/cpu/cpufreq/policy4/stats/time_in_state", spent)
    watts = sampler.take(0.0).watts_of_cpu
    assert watts[4] == pytest.approx((0.2275 + 0.8957) / 2, abs=0.001)
    assert watts[6] == pytest.approx(0.0773, abs=0.001)


def test_another_machine_has_no_model(on):
    root = on("rock-5b", "v61")
    (root / "sys/firmware/devicetree/base/compatible").unlink()
    seen = Sampler(pid=1).take(0.0)
    assert seen.watts_of_cpu == {}
    assert seen.gpu_watts is None


def test_the_processes_of_this_run_are_found_with_their_memory(monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", "/")
    (daemon, *_) = Sampler().take(0.0).processes
    assert daemon.role == "daemon"
    assert 5_000_000 < daemon.resident_bytes < 8_000_000_000
    assert daemon.cpu in range(os.cpu_count() or 1)
