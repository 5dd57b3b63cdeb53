"""The energy that work costs, by a model: a dynamic power per MHz and V² of the RK3588, from its device tree.

    watts of a busy core = coefficient * MHz * V² / 10⁶        microwatts per MHz and V²

Coefficients: `dynamic-power-coefficient` of mainline's rk3588-base.dtsi. Volts: the OPP tables of mainline's
rk3588-opp.dtsi and Rockchip's rk3588s.dtsi, base column; a chip of better silicon gets 12 to 60 mV less.

What is in: the switching of the cores, or of the GPU's four, while they work for edged. What is not:
leakage, the shared cache (DSU), memory, rails that are on for nothing, and everything else on the board.
There is no coefficient for the NPU anywhere, so no watts are told of it. It is an estimate, and marked
`model` wherever it is shown.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

Source = Literal["model", "sensor"]
"""`sensor`: a meter of the whole board; `model`: this file."""

CHIPS = ("rockchip,rk3588", "rockchip,rk3588s")
"""Device-tree names of the chips that the numbers are of."""

MICROWATTS = {"A55": 228, "A76": 416, "G610": 2982}
"""Per MHz and V², one core; of the GPU all four."""

STEPS: Mapping[str, tuple[tuple[int, float], ...]] = {
    "A55": ((1008, 675), (1200, 712.5), (1416, 762.5), (1608, 850), (1800, 950)),
    "A76": ((1200, 675), (1416, 725), (1608, 762.5), (1800, 850), (2016, 925), (2208, 987.5), (2400, 1000)),
    "G610": ((600, 675), (700, 700), (800, 750), (900, 800), (1000, 850)),
}
"""Highest MHz that the millivolts beside it allow."""

MHZ = 1_000_000


def knows(compatible: Sequence[str]) -> bool:
    """Tell whether a machine of these device-tree names has the chip that the model is of."""
    return any(name in CHIPS for name in compatible)


def busy_watts(core: str | None, clock_hz: float | None) -> float | None:
    """Return the watts of one core of this kind that does nothing but work at this clock.

    None for a kind that the model does not know and for a clock that is not told or beyond the table.
    """
    if core is None or core not in STEPS or clock_hz is None or clock_hz <= 0:
        return None
    mhz = clock_hz / MHZ
    millivolts = next((volts for highest, volts in STEPS[core] if mhz <= highest), None)
    return None if millivolts is None else MICROWATTS[core] * mhz * (millivolts / 1000) ** 2 / 1e6


def mean_busy_watts(core: str | None, spent: Mapping[int, int], clock_hz: int | None) -> float | None:
    """Return the mean watts of a busy core over the clocks that its cluster went through.

    Args:
        core: its kind.
        spent: hertz to time, of any unit. That of an idle cluster counts as well: the kernel does not tell
            apart, so that a core which works in short bursts at a higher clock is estimated too low.
        clock_hz: the clock now, which counts where nothing was spent.
    """
    total = sum(spent.values())
    if total <= 0:
        return busy_watts(core, clock_hz)
    watts = [(busy_watts(core, clock), time) for clock, time in spent.items() if time > 0]
    if any(power is None for power, _ in watts):
        return None
    return sum((power or 0.0) * time for power, time in watts) / total


def joules(cpu_s: Mapping[int, float], watts: Mapping[int, float]) -> float | None:
    """Return the energy of CPU seconds spent on each core; None where one of the cores has no watts."""
    spent = {cpu: seconds for cpu, seconds in cpu_s.items() if seconds > 0}
    if not watts or any(cpu not in watts for cpu in spent):
        return None
    return sum(seconds * watts[cpu] for cpu, seconds in spent.items())
