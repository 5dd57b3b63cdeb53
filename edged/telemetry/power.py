"""What the whole board draws, where something measures it: a sensor that the user named, or one of hwmon's.

No RK3588 board that edged knows has such a sensor; what one finds there is the input voltage of some and the
contract of USB-PD. That contract's current is the most that may be drawn, not what is: it is never used.
"""

import logging
from dataclasses import dataclass

from edged.config.sysroot import on_machine
from edged.errors import ConfigError
from edged.telemetry.files import found, number, text

log = logging.getLogger(__name__)

METERS = ("ina2", "ina3", "ltc294", "ltc4", "power_meter")
"""hwmon drivers of meters that lie in a supply: TI's, Analog's and ACPI's. The power that a graphics card
or a disk tells is its own."""

INPUT_VOLTS = {
    "radxa,rock-5b": (6, 173.5),
    "radxa,rock-5-itx": (6, 173.5),
    "friendlyelec,nanopi-r6s": (2, 206.2),
}
"""Board to channel of the chip's ADC at the input, and its steps per volt, as sbc-bench.sh has them."""


@dataclass(frozen=True, slots=True)
class PowerSensor:
    """A file that holds microwatts."""

    path: str

    def watts(self) -> float | None:
        """Return what the board draws now; None where it is not told. A board that runs draws more than 0."""
        microwatts = number(self.path)
        return microwatts / 1e6 if microwatts is not None and microwatts > 0 else None


def open_sensor(named: str) -> PowerSensor | None:
    """Return the sensor of this machine: the named one, else the only one there is; None without.

    Raises:
        ConfigError: the named one cannot be read or holds no number.
    """
    if named:
        if not on_machine(named).exists():
            raise ConfigError(f"[telemetry] power_sensor: {named}: no such file")
        if number(named) is None:
            raise ConfigError(f"[telemetry] power_sensor: {named} holds no number of microwatts")
        return PowerSensor(named)
    meters = [
        path
        for folder in found("/sys/class/hwmon", "hwmon*")
        if (text(f"{folder}/name") or "").startswith(METERS)
        for path in (*found(folder, "power*_input"), *found(folder, "power*_average"))
    ]
    if len(meters) > 1:
        log.info("power: %d meters found, none taken; name that of the board in power_sensor", len(meters))
    return PowerSensor(meters[0]) if len(meters) == 1 else None


def input_volts(compatible: tuple[str, ...]) -> float | None:
    """Return the voltage at the board's input; None on a board that does not measure it."""
    channel, per_volt = next((INPUT_VOLTS[name] for name in compatible if name in INPUT_VOLTS), (None, 0.0))
    if channel is None:
        return None
    for folder in found("/sys/bus/iio/devices", "iio:device*"):
        raw = number(f"{folder}/in_voltage{channel}_raw") if "adc" in (text(f"{folder}/name") or "") else None
        if raw is not None and raw > 0:
            return raw / per_volt
    return None
