"""Power is what a meter of the whole board says; everything else is no power."""

import pytest

from edged.errors import ConfigError
from edged.telemetry.power import open_sensor
from tests.machines import put


def meter(root, index: int, name: str, microwatts: str, file: str = "power1_input") -> str:
    put(root, f"/sys/class/hwmon/hwmon{index}/name", name + "\n")
    path = f"/sys/class/hwmon/hwmon{index}/{file}"
    put(root, path, microwatts + "\n")
    return path


@pytest.mark.parametrize("kernel", ["v61", "ml618"])
def test_a_board_as_it_is_sold_has_no_sensor(on, kernel):
    on("rock-5b", kernel)
    assert open_sensor("") is None


def test_a_meter_that_was_added_is_found(on):
    meter(on("rock-5b", "v61"), 30, "ina226", "4250000")
    assert open_sensor("").watts() == 4.25


def test_what_a_graphics_card_draws_is_not_what_the_board_draws(on):
    meter(on("rock-5b", "v61"), 30, "amdgpu", "4250000")
    assert open_sensor("") is None


def test_of_two_meters_none_is_guessed_and_the_named_one_is_taken(on):
    root = on("rock-5b", "v61")
    meter(root, 30, "ina226", "1000000")
    named = meter(root, 31, "ina238", "5000000")
    assert open_sensor("") is None
    assert open_sensor(named).watts() == 5.0


@pytest.mark.parametrize("said", ["0", "-3", "n/a", ""])
def test_a_meter_that_says_nothing_of_use_says_nothing(on, said):
    meter(on("rock-5b", "v61"), 30, "ina226", said)
    assert open_sensor("").watts() is None


def test_a_named_sensor_that_is_none_is_refused_in_a_sentence(on):
    root = on("rock-5b", "v61")
    with pytest.raises(ConfigError, match="power_sensor: /sys/nothing: no such file"):
        open_sensor("/sys/nothing")
    with pytest.raises(ConfigError, match="holds no number of microwatts"):
        open_sensor(meter(root, 30, "ina226", "much"))
