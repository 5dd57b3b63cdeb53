"""Whether heat holds a clock down: what the kernel's cooling devices say they do."""

from collections.abc import Mapping

from edged.telemetry.files import found, number, text

CLOCKS = ("cpufreq", "devfreq")
"""What the type of a cooling device that lowers a clock holds: `cpufreq-cpu4`, `thermal-devfreq-0`. A fan is
none of them."""


def held_down() -> Mapping[str, float] | None:
    """Return how far each clock is held down, 0 not at all to 1 as far as goes, by its cooling device's type.

    None where the kernel has no such cooling device: then heat may or may not hold a clock.
    """
    held: dict[str, float] = {}
    for folder in found("/sys/class/thermal", "cooling_device*"):
        name, state = text(f"{folder}/type"), number(f"{folder}/cur_state")
        highest = number(f"{folder}/max_state")
        if name is None or state is None or not highest or not any(kind in name for kind in CLOCKS):
            continue
        share = min(1.0, max(0.0, state / highest))
        held[name] = max(share, held.get(name, share))
    return held or None
