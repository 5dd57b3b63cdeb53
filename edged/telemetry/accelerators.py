"""Clocks and load of GPU, NPU and memory, read so that nothing wakes up.

Never read: /sys/kernel/debug/rknpu/freq, for the driver powers the NPU up to answer (rknpu_freq_show in
Rockchip's rknpu_debugger.c), and with that the box would heat a rail every few seconds for nothing. Nor does
the NPU's `load` in devfreq say anything: it is 100 % whether it works or is switched off.
"""

import re
from dataclasses import dataclass

from edged.telemetry.files import found, number, text

DEVFREQ = "/sys/class/devfreq"
NPU_LOAD = "/sys/kernel/debug/rknpu/load"
"""One second's load, for root's eyes alone; reading it leaves the NPU as it is."""

LOAD = re.compile(r"(\d+)@(\d+)Hz")
"""`22@300000000Hz`: per cent, and the clock."""

CORE_LOAD = re.compile(r"Core(\d):\s*(\d+)%")
"""`NPU load:  Core0: 21%, Core1:  0%,`."""

A_LITTLE_OVER = 110
"""Per cent that still mean "busy all the time", the window being a little longer than it should. The NPU's
driver was seen to say 20000: that is no load."""


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A part of the chip with a clock of its own; None: not told."""

    clock_hz: int | None
    load: float | None
    """0..1, of the driver's last window."""
    governor: str | None = None


@dataclass(frozen=True, slots=True)
class Npu:
    """The NPU; None: not told."""

    clock_hz: int | None
    """The clock it would run at: it says so even while it is switched off."""
    loads: tuple[float | None, ...]
    """0..1 per core, of the driver's last second; empty where only root may see it."""
    powered: bool | None
    """False: switched off, as the driver does 3 s after the last inference."""


def gpu() -> Accelerator | None:
    """Return the GPU's clock and load; None where the kernel offers neither."""
    return _devfreq("*.gpu")


def memory_controller() -> Accelerator | None:
    """Return the clock and load of the memory; None on kernels that do not change it."""
    return _devfreq("dmc")


def npu() -> Npu | None:
    """Return what can be known of the NPU without waking it; None where there is none."""
    states = [text(f"{folder}/power/runtime_status") for folder in found("/sys/devices/platform", "*.npu")]
    clocks = [number(f"{folder}/cur_freq") for folder in found(DEVFREQ, "*.npu")]
    loads = tuple(_share(int(percent)) for _, percent in CORE_LOAD.findall(text(NPU_LOAD) or ""))
    if not (states or clocks):
        return None
    known = [state for state in states if state in ("active", "suspended")]
    return Npu(clocks[0] if clocks else None, loads, "active" in known if known else None)


def _devfreq(pattern: str) -> Accelerator | None:
    for folder in found(DEVFREQ, pattern):
        said = LOAD.fullmatch(text(f"{folder}/load") or "")
        return Accelerator(
            clock_hz=number(f"{folder}/cur_freq"),
            load=_share(int(said[1])) if said else None,
            governor=text(f"{folder}/governor"),
        )
    return None


def _share(percent: int) -> float | None:
    return min(percent, 100) / 100 if percent <= A_LITTLE_OVER else None
