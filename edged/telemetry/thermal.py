"""Temperatures by the name of their zone: the numbers of zones change from boot to boot."""

from collections.abc import Mapping

from edged.telemetry.files import found, number, text

BELIEVED_C = (-40.0, 150.0)
"""Outside of this a sensor is broken or asleep: the chip would not run."""


def zones() -> Mapping[str, float]:
    """Return the temperature of each zone, °C, by its type such as `gpu-thermal`.

    A zone that cannot be read is absent; of several with one name the hottest counts.
    """
    hottest: dict[str, float] = {}
    for folder in found("/sys/class/thermal", "thermal_zone*"):
        name, millidegrees = text(f"{folder}/type"), number(f"{folder}/temp")
        if name is None or millidegrees is None:
            continue
        celsius = millidegrees / 1000
        if BELIEVED_C[0] <= celsius <= BELIEVED_C[1]:
            hottest[name] = max(celsius, hottest.get(name, celsius))
    return hottest
