"""What is shown of the board is what its sensors and its memory said, and no more."""

from dataclasses import replace

import pytest

from edged.serve.dashboard.picture import Progress, machine, pulse, state_of
from edged.telemetry.accelerators import Accelerator
from edged.telemetry.memory import Process
from edged.telemetry.sample import Sampler

GB = 10**9


@pytest.fixture
def sample():
    return Sampler().take(0.0)


def test_memory_is_told_by_role_and_as_a_share_of_the_machine(sample):
    seen = (Process("daemon", GB, 0), Process("jobs", GB, 1), Process("jobs", 2 * GB, 2))
    told = machine(replace(sample, processes=seen), total=24 * GB)
    assert told["memory"] == [
        {"role": "daemon", "bytes": GB, "share": 0.0417},
        {"role": "jobs", "bytes": 3 * GB, "share": 0.125},
    ]


def test_what_the_machine_does_not_tell_is_null_and_never_a_number(sample):
    nothing = replace(sample, processes=(), zones={}, held_down=None, sensor_watts=None, gpu=None, npu=None)
    told = machine(nothing, total=None)
    assert (told["sensor_watts"], told["gpu"], told["npu"], told["zones_c"]) == (None, None, None, {})
    with_one = machine(replace(nothing, processes=(Process("daemon", GB, 0),)), total=None)
    assert with_one["memory"] == [{"role": "daemon", "bytes": GB, "share": None}]


def test_power_heat_and_accelerators_are_told(sample):
    hot = replace(
        sample,
        sensor_watts=3.25,
        zones={"soc-thermal": 71.5},
        held_down={"cpu-big": 0.5, "gpu": 0.0},
        gpu=Accelerator(clock_hz=300_000_000, load=0.25),
    )
    told = machine(hot, total=24 * GB)
    assert told["sensor_watts"] == 3.25
    assert told["zones_c"] == {"soc-thermal": 71.5}
    assert told["held_down"] == {"cpu-big": 0.5}
    assert told["gpu"]["load"] == 0.25


def test_the_answer_of_the_speech_gate_is_told_while_it_is_fresh(served):
    ear = served.run.ear
    ear.speech = (ear.sample, 0.75)
    assert pulse(served.run, None, 0.0)["speech"] == 0.75
    ear.speech = (ear.sample - 6 * 16_000, 0.75)
    assert pulse(served.run, None, 0.0)["speech"] is None


def test_who_is_deaf_tells_no_level_of_what_it_heard_before(served):
    told = pulse(served.run, None, 0.0)
    assert told["level_dbfs"] is not None
    ear = served.run.ear
    ear.speech = (ear.sample, 0.75)
    served.run.done.clear()
    try:
        told = pulse(served.run, "no microphone", 0.0)
    finally:
        served.run.done.set()
    assert (told["state"], told["reason"]) == ("deaf", "no microphone")
    assert (told["level_dbfs"], told["speech"]) == (None, None)


@pytest.mark.parametrize(
    ("done", "deaf", "muted", "hops", "still_s", "in_command", "state"),
    [
        (False, None, False, 9, 0.1, False, "hearing"),
        (False, None, False, 9, 0.1, True, "listening"),
        (False, None, False, 0, 0.1, False, "starting"),
        (False, "no microphone", False, 0, 0.1, False, "deaf"),
        (False, "no microphone", True, 9, 0.1, True, "deaf"),
        (False, None, False, 9, 5.5, True, "deaf"),
        (False, None, True, 9, 99.0, False, "muted"),
        (True, None, True, 9, 5.5, False, "stopping"),
    ],
)
def test_only_who_scores_hops_hears(done, deaf, muted, hops, still_s, in_command, state):
    said, why = state_of(done, deaf, muted, hops, still_s, in_command)
    assert said == state
    assert (why != "") == (state in ("deaf", "starting"))


def test_hops_that_stand_still_are_seen_from_the_last_one_on():
    hops, now = iter([5, 5, 6, 6, 6]), iter([0.0, 3.0, 4.0, 8.0, 12.0])
    progress = Progress(lambda: next(hops), lambda: next(now))
    assert [progress.still_s() for _ in range(4)] == [3.0, 0.0, 4.0, 8.0]
