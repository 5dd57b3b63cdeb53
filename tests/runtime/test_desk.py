"""Orders reach the run and the main thread, and are answered; what cannot be done is said in a sentence."""

import dataclasses

import pytest

from edged.runtime.desk import MOST_RELOADS, Desk
from edged.runtime.report import Report
from edged.stages.sinks.order import Answer, Order

REPORT = Report(1, "0.1.0", "", "", 0.0, "hearing", "", "")


class Obeys:
    """A run that notes what it is told, and refuses where it was told to."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.refuses: str | None = None

    def mute(self, by):
        return self._note("mute", by)

    def unmute(self, by):
        return self._note("unmute", by)

    def trigger(self, by):
        return self._note("trigger", by)

    def stop_command(self):
        return self._note("stop", "")

    def _note(self, what, by):
        self.told.append((what, by))
        return self.refuses


@pytest.fixture
def desk():
    return Desk()


def take(desk, *orders: Order) -> list[Answer]:
    answers: list[Answer] = []
    for order in orders:
        desk.take(order, "mqtt", answers.append)
    return answers


def test_the_run_obeys_and_the_answer_is_its_own(desk):
    run = Obeys()
    desk.attach(run, "/s")
    orders = [Order(name) for name in ("mute", "unmute", "trigger", "stop")]
    assert take(desk, *orders) == [Answer(order.name) for order in orders]
    assert run.told == [("mute", "mqtt"), ("unmute", "mqtt"), ("trigger", "mqtt"), ("stop", "")]
    run.refuses = "it is muted; unmute it first"
    assert take(desk, Order("trigger", 3)) == [Answer("trigger", 3, "it is muted; unmute it first")]


def test_before_there_is_a_run_it_says_so(desk):
    assert take(desk, Order("mute")) == [Answer("mute", error="edged is still starting")]


def test_the_status_is_the_report_and_nothing_where_nobody_watches(desk):
    assert take(desk, Order("status")) == [Answer("status", more={"status": {}})]
    desk.watched_by(lambda: REPORT, reads=True)
    assert take(desk, Order("status", "x")) == [
        Answer("status", "x", more={"status": dataclasses.asdict(REPORT)})
    ]


def test_a_reload_waits_for_the_main_thread_and_no_more_of_them_than_a_number(desk):
    desk.watched_by(lambda: REPORT, reads=True)
    orders = [Order("reload", n) for n in range(MOST_RELOADS + 1)]
    (answer,) = take(desk, *orders)
    assert (answer.id, answer.error) == (MOST_RELOADS, "32 requests to read the configuration wait already")
    assert [order.id for order, _ in desk.reloads()] == list(range(MOST_RELOADS))
    assert desk.reloads() == []


def test_an_edged_in_a_terminal_reads_its_configuration_once(desk):
    desk.watched_by(lambda: REPORT, reads=False)
    (answer,) = take(desk, Order("reload"))
    assert answer.error == "this edged was started in a terminal: it reads its configuration once"
