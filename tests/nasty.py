"""What goes wrong with the files of real boards: a variant changes a machine that `tests.machines` laid out.

A variant is the same on every machine and does nothing where its file is not there.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

Card = tuple[str, str, str]
CPUFREQ = "sys/devices/system/cpu/cpufreq"
NPU_DEBUG = "sys/kernel/debug/rknpu"


def hdmi_first(cards: tuple[Card, ...]) -> tuple[Card, ...]:
    """Return the cards with the HDMI input, where there is one, before all others."""
    return tuple(sorted(cards, key=lambda card: "hdmiin" not in card[0]))


def _nothing(root: Path) -> None:
    """The variant is made where the machine is laid out."""


def _rewrite(path: str, content: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        for file in root.glob(path):
            mode = file.stat().st_mode & 0o777
            file.unlink()
            file.write_text(content)
            file.chmod(mode)

    return change


def _remove(*paths: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        for path in paths:
            for file in root.glob(path):
                shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink()

    return change


def _unreadable(path: str) -> Callable[[Path], None]:
    """Put a folder where the file was: reading fails for root as well."""

    def change(root: Path) -> None:
        for file in root.glob(path):
            file.unlink()
            file.mkdir()

    return change


def _trap(path: str) -> Callable[[Path], None]:
    """Put a pipe where the file was: who reads it hangs, and is seen."""

    def change(root: Path) -> None:
        for file in root.glob(path):
            file.unlink()
            os.mkfifo(file)

    return change


def _zones_shuffled(root: Path) -> None:
    zones = sorted(root.glob("sys/class/thermal/thermal_zone*"))
    for index, zone in enumerate(zones):
        zone.rename(zone.with_name(f"shuffled{index}"))
    for index in range(len(zones)):
        place = zones[0].with_name(f"shuffled{index}")
        place.rename(zones[(index * 3 + 1) % len(zones)])


def _no_trailing_nul(root: Path) -> None:
    file = root / "sys/firmware/devicetree/base/compatible"
    content = file.read_bytes().rstrip(b"\0")
    file.unlink()
    file.write_bytes(content)


def _mali0_for_root_alone(root: Path) -> None:
    for node in root.glob("dev/mali0"):
        node.chmod(0o600)


def _held_by_heat(root: Path) -> None:
    """85 °C and the fast cores at 1.2 GHz, as a board without a heat sink."""
    _rewrite("sys/class/thermal/thermal_zone*/temp", "85125\n")(root)
    _rewrite("sys/class/thermal/cooling_device1/cur_state", "5\n")(root)
    _rewrite(f"{CPUFREQ}/policy4/scaling_max_freq", "1200000\n")(root)


NASTY: dict[str, Callable[[Path], None]] = {
    "npu_load_20000": _rewrite(f"{NPU_DEBUG}/load", "NPU load:  Core0: 20000%, Core1:  0%, Core2:  0%,\n"),
    "load_missing": _remove("sys/class/devfreq/*/load", f"{NPU_DEBUG}/load"),
    "load_empty": _rewrite("sys/class/devfreq/*/load", ""),
    "zones_shuffled": _zones_shuffled,
    "no_in_voltage6": _remove("sys/bus/iio/devices/iio:device0/in_voltage6_raw"),
    "tcpm_0_volts": _rewrite("sys/class/power_supply/tcpm-*/*_*", "0\n"),
    "no_renderD129": _remove("dev/dri/renderD129"),
    "mali0_0600": _mali0_for_root_alone,
    "governor_unreadable": _unreadable(f"{CPUFREQ}/policy*/scaling_governor"),
    "no_trailing_nul": _no_trailing_nul,
    "policies_0_and_4": _remove(f"{CPUFREQ}/policy6"),
    "temp_unreadable": _unreadable("sys/class/thermal/thermal_zone*/temp"),
    "temp_garbage": _rewrite("sys/class/thermal/thermal_zone*/temp", "\x00n/a\n"),
    "hdmi_in_first": _nothing,
    "no_cpufreq": _remove(CPUFREQ),
    "no_devfreq": _remove("sys/class/devfreq"),
    "no_cpu_capacity": _remove("sys/devices/system/cpu/cpu*/cpu_capacity"),
    "no_cpuinfo": _remove("proc/cpuinfo"),
    "no_debugfs": _remove("sys/kernel/debug"),
    "npu_freq_trap": _trap(f"{NPU_DEBUG}/freq"),
    "no_render_group": _rewrite("etc/group", "root:x:0:\naudio:x:29:\nvideo:x:44:\n"),
    "held_by_heat": _held_by_heat,
}
"""Variants by name."""
