"""Whatever happens to a microphone, each sample is heard or counted as lost, and it is heard again soon."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edged.errors import ConfigError, StageStalled
from edged.geometry import HOP, SAMPLE_RATE
from edged.messages import Device, Endpoint, Gap
from tests.runtime.microphones import Microphone, World, plan
from tests.runtime.test_ear import WAKE_HOP, Rig, planned

USB, ARRAY = "mic:USB", "arecord:plughw:CARD=Array"
KINDS = ("there", "unplugged", "busy", "hangs", "stuck", "silent")


class Box:
    """A world and an ear that hears it, as the pipeline puts them together."""

    def __init__(self, world: World, scores: list[float] | None = None) -> None:
        self.world = world
        self.rig = Rig(scores or planned(hops=100_000))
        self.rig.ear.tally.sound = world.sound
        self.heard = 0
        self.starts: list[tuple[int, np.ndarray]] = []

    def run(self, seconds: float) -> None:
        until = self.world.now + round(seconds * SAMPLE_RATE)
        while self.world.now < until:
            assert self.world.capture.step()
            if not self.world.path_is_slow:
                self.hear()

    def hear(self) -> None:
        """The path: everything that waits, then a look at whether more is to be expected."""
        while (item := self.world.box.get(timeout_s=0)) is not None:
            frame, arrived = item
            self.rig.ear.feed(frame, arrived)
            self.starts.append((frame.start, frame.pcm))
            self.heard += len(frame.pcm)
        if self.world.capture.away is not None:
            self.rig.ear.cut("device_lost")

    @property
    def end(self) -> int:
        """Index after the last sample that the path took."""
        start, pcm = self.starts[-1]
        return start + len(pcm)

    @property
    def devices(self) -> list[tuple[str, str]]:
        return [(body.state, body.name) for _, body in self.world.events if isinstance(body, Device)]


def spans(least: float = 0.05):
    pieces = st.tuples(st.sampled_from(KINDS), st.floats(least, 6.0))
    return st.lists(pieces, max_size=5).map(lambda them: plan(*them, ("there", 1)))


microphones = st.builds(
    Microphone,
    spans=spans(),
    sizes=st.lists(st.integers(1, HOP), min_size=1, max_size=4).map(lambda s: [*s, HOP, HOP, HOP]),
    xruns=st.lists(st.tuples(st.integers(0, 20 * SAMPLE_RATE), st.integers(1, 20_000)), max_size=4),
)
slow = st.lists(st.tuples(st.integers(0, 20 * SAMPLE_RATE), st.integers(0, 6 * SAMPLE_RATE)), max_size=3)


@settings(max_examples=30)
@given(microphones, st.none() | microphones, slow, st.sampled_from([1, 3, 25]))
def test_each_sample_is_heard_or_lost_with_its_cause_whatever_happens(first, other, slow, depth):
    world = World({USB: first} | ({ARRAY: other} if other else {}), slow, depth)
    box = Box(world)
    box.run(max(20 * SAMPLE_RATE, *(one.spans[-1].begin for one in world.microphones.values())) / SAMPLE_RATE)
    while world.path_is_slow or world.capture.away is not None or not world.ledger:
        box.run(1)
    box.run(0.5)  # one more frame tells of what was dropped last
    ear = box.rig.ear
    gaps = ear.tally.gaps

    assert box.end == box.heard + sum(gaps.values())  # nothing unexplained
    assert box.heard + world.dropped == sum(samples for _, _, samples in world.ledger)
    jumps = [
        (before[0] is after[0], after[1] - before[1] - before[2]) for before, after in pairwise(world.ledger)
    ]
    assert gaps["capture"] == world.dropped
    assert gaps["source"] == sum(jump for same, jump in jumps if same)
    assert world.sound.xruns == sum(jump > 0 for same, jump in jumps if same)
    overlaps = sum(-jump for same, jump in jumps if not same and jump < 0)
    assert gaps["device"] >= sum(jump for same, jump in jumps if not same and jump > 0)
    assert gaps["device"] <= sum(jump for same, jump in jumps if not same and jump > 0) + overlaps

    told = dict.fromkeys(gaps, 0)
    for gap in box.rig.of(Gap):
        told[gap.where] += gap.samples
    assert told == gaps

    ends = [0, *(start + len(pcm) for start, pcm in box.starts)]
    assert all(start >= end for end, (start, _) in zip(ends, box.starts, strict=False))
    began = world.ledger[0][1]
    for start, pcm in box.starts:  # the index is real time: what was heard lies where it was spoken
        if not overlaps and not set(np.unique(pcm)) & {0, 77}:
            assert np.array_equal(pcm, ((np.arange(start, start + len(pcm)) + began) % 30_011 + 1))
    alternate(box.devices)


def alternate(devices: list[tuple[str, str]]) -> None:
    """One event per change: lost, back, and back again only where the preferred one is taken back."""
    for (state, _), (next_state, next_name) in pairwise(devices):
        assert (state, next_state) != ("lost", "lost")
        assert (state, next_state) != ("back", "back") or next_name == USB
    assert not devices or devices[0][0] == "lost"
    assert not devices or devices[-1][0] == "back"


@settings(max_examples=60)
@given(
    st.sampled_from(["unplugged", "busy"]),
    st.integers(1, 1000).map(lambda tenths: tenths / 10),
    st.integers(1, 150).map(lambda tenths: tenths / 10),
    st.booleans(),
    st.booleans(),
)
@example("unplugged", 80.0, 15.0, False, False)
@example("busy", 80.0, 15.0, False, True)
def test_a_microphone_that_returns_is_heard_within_three_seconds(kind, gone, before, at_start, stand_in):
    spans = [(kind, gone), ("there", 1)] if at_start else [("there", before), (kind, gone), ("there", 1)]
    others = {ARRAY: Microphone(plan(("there", 1)))} if stand_in else {}
    world = World({USB: Microphone(plan(*spans))} | others)
    back = round((gone if at_start else before + gone) * SAMPLE_RATE)
    world.run(back / SAMPLE_RATE + 4)
    first = next(end for end in world.heard_of(USB) if end >= back)
    assert first - back <= 3 * SAMPLE_RATE
    assert world.capture.spec == USB
    assert world.capture.away is None


def test_a_start_without_a_microphone_is_told_once_and_waited_for():
    world = World({USB: Microphone(plan(("unplugged", 100), ("there", 1)))})
    box = Box(world)
    box.run(90)
    assert world.capture.away == "mic:USB: unplugged"
    assert box.devices == [("lost", USB)]
    box.run(15)
    assert world.capture.away is None
    assert box.devices == [("lost", USB), ("back", USB)]
    assert box.rig.ear.tally.gaps["device"] == 0  # nothing was lost of a stream that had not begun


def test_until_the_first_frame_it_is_known_that_nothing_is_heard_and_no_event_says_so():
    world = World({USB: Microphone(plan(("hangs", 6), ("silent", 2), ("there", 1)))})
    box = Box(world)
    box.run(5)
    assert world.capture.away == "not opened yet"
    box.run(2)
    assert world.capture.away is None
    assert box.devices == []


def test_while_it_is_unplugged_hardly_anything_is_opened():
    world = World({USB: Microphone(plan(("there", 20), ("unplugged", 3600), ("there", 1)))})
    box = Box(world)
    box.run(3600)
    assert len(world.opened) < 1 + 5 + 3600 / 30


def test_an_open_command_ends_when_its_microphone_is_lost_not_when_it_returns():
    world = World({USB: Microphone(plan(("there", 2), ("unplugged", 3600), ("there", 1)))})
    box = Box(world, planned(WAKE_HOP))
    box.run(4)
    assert box.rig.of(Endpoint) == [Endpoint("device_lost")]
    assert box.rig.ear.in_command is False
    box.run(3602)
    assert box.rig.of(Endpoint) == [Endpoint("device_lost")]
    (gap,) = box.rig.of(Gap)
    assert gap.where == "device"
    assert abs(gap.samples - 3600 * SAMPLE_RATE) < 3 * SAMPLE_RATE


def test_a_read_that_hangs_is_left_behind_and_another_opened():
    world = World({USB: Microphone(plan(("there", 5), ("hangs", 4), ("there", 1)))})
    box = Box(world)
    box.run(15)
    assert len(world.opened) == 2
    assert world.opened[1][1] <= 9 * SAMPLE_RATE
    assert box.devices == [("lost", USB), ("back", USB)]
    assert next(b.reason for _, b in world.events if isinstance(b, Device)) == "mic:USB: hangs"


def test_a_driver_that_hangs_for_ever_ends_in_a_fresh_process_and_not_in_ever_more_threads():
    world = World({USB: Microphone(plan(("there", 5), ("hangs", 1)))})
    box = Box(world)
    with pytest.raises(StageStalled, match="4 microphone drivers hang"):
        box.run(300)
    assert len(world.opened) == 4


def test_while_another_is_heard_a_preferred_one_that_hangs_does_not_end_the_run():
    world = World({USB: Microphone(plan(("there", 5), ("hangs", 1))), ARRAY: Microphone(plan(("there", 1)))})
    box = Box(world)
    box.run(300)
    assert world.capture.spec == ARRAY
    assert [spec for spec, _ in world.opened].count(USB) <= 4


def test_a_microphone_stuck_at_one_value_is_opened_anew():
    world = World({USB: Microphone(plan(("there", 5), ("stuck", 6), ("there", 1)))})
    box = Box(world)
    box.run(14)
    assert box.devices == [("lost", USB), ("back", USB)]
    assert len(world.opened) >= 2


def test_silence_is_never_a_reason_to_listen_with_another_microphone():
    world = World(
        {
            USB: Microphone(plan(("there", 5), ("silent", 500), ("there", 1))),
            ARRAY: Microphone(plan(("there", 1))),
        }
    )
    box = Box(world)
    box.run(450)
    assert {spec for spec, _ in world.opened} == {USB}
    assert world.capture.away.startswith("nothing but digital silence")
    box.run(60)
    assert box.devices == [("lost", USB), ("back", USB)]
    assert world.sound.silent > 480 * SAMPLE_RATE


def test_a_microphone_that_is_muted_is_heard_the_moment_it_is_unmuted():
    world = World({USB: Microphone(plan(("there", 5), ("silent", 100), ("there", 1)))})
    box = Box(world)
    box.run(110)
    _, back = world.events
    assert back[1].state == "back"
    assert back[0] - 105 * SAMPLE_RATE < 2 * HOP


def test_another_microphone_is_taken_while_the_preferred_is_away_and_left_between_commands():
    world = World(
        {
            USB: Microphone(plan(("there", 5), ("unplugged", 20), ("there", 1))),
            ARRAY: Microphone(plan(("there", 1))),
        }
    )
    box = Box(world)
    box.run(10)
    assert box.devices == [("lost", USB), ("back", ARRAY)]
    assert world.capture.spec == ARRAY
    world.in_command = True
    box.run(25)
    assert world.capture.spec == ARRAY
    world.in_command = False
    box.run(1)
    assert world.capture.spec == USB
    assert box.devices == [("lost", USB), ("back", ARRAY), ("back", USB)]
    assert box.rig.ear.tally.gaps["device"] < 2 * SAMPLE_RATE


def test_what_a_microphone_lost_before_anybody_listened_to_it_is_no_loss():
    usb = Microphone(plan(("unplugged", 5), ("there", 1)), xruns=[(12 * SAMPLE_RATE, 3 * HOP)])
    world = World({USB: usb, ARRAY: Microphone(plan(("there", 1)))})
    box = Box(world)
    box.run(3)
    world.in_command = True
    box.run(12)
    world.in_command = False
    box.run(3)
    assert world.capture.spec == USB
    assert world.sound.xruns == box.rig.ear.tally.gaps["source"] == 0


def test_a_microphone_that_is_not_listed_is_never_taken():
    world = World({USB: Microphone(plan(("there", 1), ("unplugged", 1)))})
    Box(world).run(60)
    assert {spec for spec, _ in world.opened} == {USB}


def test_what_cannot_be_right_from_the_beginning_ends_the_run():
    world = World({USB: Microphone(plan(("unplugged", 20), ("wrong", 1)))})
    with pytest.raises(ConfigError, match="wrong"):
        Box(world).run(60)


def test_a_question_of_configuration_that_comes_up_later_is_waited_out():
    """A second microphone of the same name was plugged in: no reason to end with a code that means `do not
    start me again`.
    """
    world = World({USB: Microphone(plan(("there", 9), ("unplugged", 0.5), ("wrong", 20), ("there", 1)))})
    box = Box(world)
    box.run(40)
    assert world.capture.away is None
    assert box.devices == [("lost", USB), ("back", USB)]


@pytest.mark.parametrize("kind", KINDS)
def test_in_every_state_it_can_be_closed(kind):
    world = World({USB: Microphone(plan(("there", 5), (kind, 1)))})
    box = Box(world)
    box.run(9)
    before, said = world.now, list(world.events)
    world.capture.interrupt()
    world.capture.step()  # the one that ran when the end was asked for
    world.capture.close()
    assert world.now - before <= 2 * SAMPLE_RATE
    assert world.events == said
