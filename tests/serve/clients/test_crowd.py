"""The clients that load a daemon tell apart what became of them."""

import asyncio

from edged.serve.clients import crowd, watchers
from edged.serve.clients.visit import Outcome, Spoken

LONG_S = 60


async def nobody_in(door) -> None:
    while door.connections.count:
        await asyncio.sleep(0.01)


def test_satellites_hear_their_word_and_say_how_late_they_were(served, spoken):
    one, other = watchers.watch(served, spoken.wake, streams=2, seconds=len(spoken.wake) / 16_000)
    assert (one.detections, one.refused, other.refused) == (1, "", "")
    assert len(one.late_s) == len(spoken.wake) // 1024


def test_another_text_and_no_room_are_told_apart(served, spoken, loop, door):
    wrong = crowd.crowd(served, Spoken(spoken.wake, spoken.command, "no"), 1, 0.1, ["funasr offline"])
    assert wrong["funasr offline"].outcomes == {Outcome.WRONG: 1}
    loop.run(nobody_in(door), LONG_S)
    for _ in range(8):
        door.connections.enter("another", "test")
    try:
        kinds = ["openai", "wyoming asr", "sherpa streaming", "funasr offline"]
        refused = crowd.crowd(served, spoken, 4, 0.1, kinds)
    finally:
        for _ in range(8):
            door.connections.leave("another", "test")
    assert [dict(tally.outcomes) for tally in refused.values()] == [{Outcome.REFUSED: 1}] * 4
