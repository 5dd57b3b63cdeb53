"""An overlay that makes edged slower, or that cannot be measured, does not stay; the reason is told."""

import logging

import pytest

from edged.config.load import load
from edged.errors import ConfigError, OverlayError
from edged.tune.settings import Setting
from edged.tune.trial import keep_or_go_back
from tests.tune.conftest import Planned


def step(tuning, *settings):
    planned = tuning.plan(tuple(Setting(place, value) for place, value in settings))
    tuning.take(planned)
    return planned


def in_force(tuning):
    return load(tuning.file.with_name("edged.toml"), {}).config


THREADS = (("features", "threads"), 8)


def test_a_bad_overlay_is_measured_worse_and_rolled_back_and_the_reason_logged(write, caplog):
    tuning = write()
    taken = step(tuning, THREADS)
    assert in_force(tuning).features.threads == 8
    slower = Planned(lambda question: 3.2 if question.config.features.threads == 8 else 1.0)
    with caplog.at_level(logging.WARNING), pytest.raises(OverlayError, match=r"worse: path: 3\.[12]\d? \("):
        keep_or_go_back(tuning, taken, 5, asked=slower)
    assert in_force(tuning).features.threads == 1
    assert not tuning.file.exists()
    assert tuning.history.steps() == []
    assert "rolled back: worse: path:" in caplog.text


def test_one_that_is_not_worse_stays(write):
    tuning = write()
    taken = step(tuning, THREADS)
    found = keep_or_go_back(tuning, taken, 5, asked=Planned(lambda question: 1.0))
    assert in_force(tuning).features.threads == 8
    assert len(found.lines) == 1
    assert "n = 5" in found.lines[0]


@pytest.mark.parametrize("which", [1, 8])
def test_a_measurement_that_crashes_rolls_back(write, which):
    tuning = write()
    taken = step(tuning, THREADS)
    breaks = Planned(
        lambda question: "is ended by SIGSEGV" if question.config.features.threads == which else 1.0
    )
    side = "after" if which == 8 else "before"
    with pytest.raises(
        OverlayError, match=f"rolled back: path: measuring it {side} failed: is ended by SIGSEGV"
    ):
        keep_or_go_back(tuning, taken, 5, asked=breaks)
    assert in_force(tuning).features.threads == 1


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, MemoryError])
def test_a_measurement_that_is_ended_rolls_back(write, interrupt):
    tuning = write()
    taken = step(tuning, THREADS)

    def ended(question):
        raise interrupt

    with pytest.raises(interrupt):
        keep_or_go_back(tuning, taken, 5, asked=ended)
    assert in_force(tuning).features.threads == 1


def test_too_few_rounds_are_refused_and_rolled_back(write):
    tuning = write()
    taken = step(tuning, THREADS)
    with pytest.raises(ConfigError, match="at least 5"):
        keep_or_go_back(tuning, taken, 4, asked=Planned(lambda question: 1.0))
    assert in_force(tuning).features.threads == 1


def test_each_part_is_measured_that_a_key_can_slow_down_and_the_rest_is_named(write):
    tuning = write()
    word = ("heads", "word", "hey_jarvis", "threshold")
    taken = step(tuning, (("recognize", "threads"), 2), (word, 0.6), (("listen", "pre_roll_ms"), 200))
    planned = Planned(lambda question: 1.0)
    found = keep_or_go_back(tuning, taken, 5, asked=planned)
    assert {question.part for question in planned.asked} == {"recognizer"}
    assert set(found.unmeasured) == {"heads.word[0].threshold", "listen.pre_roll_ms"}
    taken = step(tuning, (("service", "placement"), "off"))
    planned.asked.clear()
    keep_or_go_back(tuning, taken, 5, asked=planned)
    assert {question.part for question in planned.asked} == {"path", "recognizer"}


def test_a_recognizer_that_was_off_must_work_and_has_nothing_to_be_compared_with(write):
    tuning = write("[recognize]\n")
    step(tuning, (("recognize", "enabled"), False))
    taken = step(tuning, (("recognize", "enabled"), True))
    planned = Planned(lambda question: 1.0)
    found = keep_or_go_back(tuning, taken, 5, asked=planned)
    assert all(question.config.recognize.enabled for question in planned.asked)
    assert found.lines == ("recognizer: runs; there is nothing before it to compare with",)
