"""Who looks is told everything or let go; while nobody looks, nobody is shown the scores of hops."""

import asyncio

import pytest

from edged.messages import Endpoint, Event, Fallback, Gap, Scores, Suppressed
from edged.runtime.mailbox import Closed
from edged.serve.dashboard.audience import DEPTH, KEPT_CHANGES, KEPT_DECISIONS, Audience, State, inbox_of


class Run:
    """Shows its taps what a test says, as a pipeline does."""

    def __init__(self) -> None:
        self.taps: dict[bool, list] = {False: [], True: []}

    def listen(self, tap, *, scores=False) -> None:
        self.taps[scores].append(tap)

    def unlisten(self, tap, *, scores=False) -> None:
        self.taps[scores] = [each for each in self.taps[scores] if each != tap]

    def say(self, body, sample: int = 1280) -> None:
        event = Event("mic", None, sample, f"2026-11-28T00:00:{sample % 60:02}.000Z", body)
        for tap in self.taps[isinstance(body, Scores)]:
            tap(event)


@pytest.fixture
def run():
    return Run()


@pytest.fixture
def audience(run):
    return Audience(run, transcripts=False)


def scores(value: float) -> Scores:
    return Scores({"hey_jarvis": value}, warming=False)


async def taken(inbox) -> list:
    inbox.close()
    return [item async for item in inbox]


def test_hops_are_shown_only_while_somebody_looks(run, audience):
    async def look():
        first, second = (inbox_of(asyncio.get_running_loop()) for _ in range(2))
        assert run.taps[True] == []
        audience.join(first)
        audience.join(second)
        assert len(run.taps[True]) == 1
        audience.leave(first)
        assert len(run.taps[True]) == 1
        audience.leave(second)
        assert run.taps[True] == []

    asyncio.run(look())


def test_of_scores_and_states_only_the_newest_waits_and_every_event_does(run, audience):
    async def look():
        inbox = inbox_of(asyncio.get_running_loop())
        audience.join(inbox)
        for hop in range(3 * DEPTH):
            run.say(scores(hop / 1000), hop)
            audience.tell(State("pulse", str(hop)))
        for hop in range(DEPTH - 2):
            run.say(Suppressed("hey_jarvis", 0.9, "vad"), hop)
        assert inbox.dropped == 0
        items = await taken(inbox)
        assert len(items) == DEPTH
        assert [item.json for item in items if isinstance(item, State)] == [str(3 * DEPTH - 1)]
        shown = [item.body for item in items if isinstance(item, Event)]
        assert [body.scores for body in shown if isinstance(body, Scores)] == [
            {"hey_jarvis": (3 * DEPTH - 1) / 1000}
        ]

    asyncio.run(look())


def test_who_lags_too_far_behind_is_seen_by_the_loss_of_an_event(run, audience):
    async def look():
        inbox = inbox_of(asyncio.get_running_loop())
        audience.join(inbox)
        for sample in range(DEPTH + 1):
            run.say(Gap(1280, "source"), sample)
        assert inbox.dropped == 1

    asyncio.run(look())


def test_the_newest_decisions_and_changes_are_remembered_and_neither_displaces_the_other(run, audience):
    run.say(Suppressed("hey_jarvis", 0.9, "vad"), 7)
    for sample in range(2 * KEPT_CHANGES):
        run.say(Gap(1280, "source"), sample)
    run.say(Fallback("features", "opencl", "cpu", "hung"), 9)
    run.say(Endpoint("silence"), 10)
    names = [event["event"] for event in audience.history]
    assert names.count("suppressed") == 1
    assert names.count("gap") == KEPT_CHANGES - 1
    assert names.count("fallback") == 1
    assert "endpoint" not in names
    for sample in range(2 * KEPT_DECISIONS):
        run.say(Suppressed("hey_jarvis", 0.8, "vad"), sample)
    assert [event["event"] for event in audience.history].count("suppressed") == KEPT_DECISIONS


def test_at_the_end_everybody_is_let_go(run, audience):
    async def look():
        inbox = inbox_of(asyncio.get_running_loop())
        audience.join(inbox)
        audience.close()
        assert run.taps == {False: [], True: []}
        with pytest.raises(Closed):
            await inbox.get()

    asyncio.run(look())
