"""The log tells what happened and never what was said."""

import logging

import pytest

from edged.messages import (
    Activation,
    Cancelled,
    Device,
    Endpoint,
    Event,
    Fallback,
    Final,
    Gap,
    Listening,
    Lost,
    Metrics,
    Muted,
    Partial,
    Ran,
    Ready,
    Recovered,
    Restarted,
    Scores,
    Stats,
    Suppressed,
    Triggered,
    Unmuted,
    Word,
)
from edged.stages.sinks.log import BURST_S, LogSink
from edged.telemetry.log import MESSAGE_IDS

RAN = Ran("cpu", "cpu")
SECRET = "the safe is behind the picture"
COST = Metrics(2.0, 0.5, 0.25, "cpu", "cpu", latency_ms=300.0, energy_j=1.234, energy_source="model")
TOLD = {
    "started": Ready("1.0", ("alexa",), RAN, "selftest", ()),
    "fallback": Fallback("heads", "rknn", "cpu", "NaN"),
    "recovered": Recovered("heads", "cpu", "rknn", "probe passed"),
    "device lost": Device("lost", "usb", "no such device"),
    "device back": Device("back", "usb", "plugged in"),
    "activation": Activation("alexa", 0.9, (0.9,), 0.5, 0, RAN, 1.5),
    "utterance": Final(SECRET, (Word(SECRET, 0.0, 1.0),), COST),
    "xrun burst": Gap(1280, "capture"),
}
UNTOLD = (
    Scores({"alexa": 0.2}, False),
    Suppressed("alexa", 0.6, "vad"),
    Listening(0),
    Partial(SECRET),
    Endpoint("silence"),
    Stats(1, 0, {}, 0, 0, 0, 0, 0, level_dbfs=None, stages_ms={}, cpu_s=0.0, backend=RAN),
)


class Log:
    """A sink with a clock of the test's own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sink = LogSink(clock=lambda: self.now)

    def say(self, body) -> None:
        self.sink.publish(Event("mic", 3, 16_000, "", body))


@pytest.fixture
def log(caplog) -> Log:
    caplog.set_level(logging.DEBUG)
    return Log()


def test_a_command_that_is_cancelled_is_told_without_what_was_said(log, caplog):
    for cancelled in (Cancelled("stop_word", SECRET), Cancelled("restarted_by_wake"), Cancelled("no_speech")):
        log.say(cancelled)
    assert [record.message for record in caplog.records] == [
        "a command was cancelled: stop word",
        "a command was cancelled: restarted by wake",
    ]


@pytest.mark.parametrize("kind", TOLD)
def test_what_people_alert_on_is_one_line_with_its_id(log, caplog, kind):
    log.say(TOLD[kind])
    (record,) = caplog.records
    assert vars(record)["MESSAGE_ID"] == MESSAGE_IDS[kind]
    assert record.EDGED_EVENT == TOLD[kind].NAME
    assert (record.EDGED_STREAM, record.EDGED_UTTERANCE) == ("mic", 3)
    bad = kind in ("fallback", "device lost", "xrun burst")
    assert record.levelno == (logging.WARNING if bad else logging.INFO)


def test_fields_name_the_parts(log, caplog):
    log.say(TOLD["fallback"])
    log.say(TOLD["utterance"])
    fallback, utterance = caplog.records
    assert fallback.getMessage() == "heads: rknn failed, now on cpu (NaN)"
    fields = (fallback.EDGED_STAGE, fallback.EDGED_FROM, fallback.EDGED_PROVIDER, fallback.EDGED_REASON)
    assert fields == ("heads", "rknn", "cpu", "NaN")
    assert utterance.getMessage() == "a command of 2.0 s: a text, rtf 0.250, 1.23 J (model)"


def test_what_was_said_is_never_in_the_log(log, caplog):
    for body in (*TOLD.values(), *UNTOLD):
        log.say(body)
    assert len(caplog.records) == len(TOLD)
    assert not any(SECRET in str(vars(record)) for record in caplog.records)


def test_a_lost_command_and_a_restart_are_told(log, caplog):
    log.say(Lost("the recognizer died twice"))
    log.say(Restarted("recognize", "signal 9"))
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("ERROR", "no text for a command: the recognizer died twice"),
        ("WARNING", "recognize: started again (signal 9)"),
    ]


def test_a_burst_of_losses_is_one_line_in_ten_seconds_and_all_are_told(log, caplog):
    for _ in range(100):
        log.say(Gap(1600, "capture"))
        log.now += 0.3
    log.sink.close()
    lines = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(lines) == 1 + int(100 * 0.3 / BURST_S)
    assert sum(record.EDGED_COUNT for record in lines) == 100
    assert sum(record.EDGED_SAMPLES for record in lines) == 160_000
    assert lines[0].getMessage() == "sound was lost once, 0.10 s, at capture"


def test_a_burst_that_ended_is_told_with_the_next_event(log, caplog):
    log.say(Gap(1600, "capture"))
    log.say(Gap(3200, "capture"))
    log.now += BURST_S
    log.say(UNTOLD[-1])
    assert [record.EDGED_SAMPLES for record in caplog.records] == [1600, 3200]
    log.sink.close()
    assert len(caplog.records) == 2


def test_the_clip_that_explains_a_wake_or_a_loss_is_named(log, caplog):
    log.say(Activation("alexa", 0.9, (0.9,), 0.5, 0, RAN, 1.5, "some-clip"))
    log.say(Lost("the recognizer died twice", "other-clip"))
    said = [(record.getMessage(), vars(record)["EDGED_CLIP"]) for record in caplog.records]
    assert said == [
        ("heard alexa: score 0.90, decided in 1.5 ms; clip some-clip", "some-clip"),
        ("no text for a command: the recognizer died twice; clip other-clip", "other-clip"),
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (Muted("socket"), "muted by socket: nothing is heard until it is unmuted"),
        (Unmuted("mqtt"), "unmuted by mqtt: it hears again"),
        (Triggered("hermes"), "told by hermes to listen without a wake word"),
    ],
)
def test_who_muted_unmuted_or_triggered_it_is_one_line(log, caplog, body, said):
    log.say(body)
    assert caplog.messages == [said]
