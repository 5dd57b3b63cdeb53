"""What is kept of a decision, and what never is: the sound of a command, unless it was asked for."""

import numpy as np
import pytest

from edged.geometry import CONTEXT, HOP, SAMPLE_RATE
from edged.messages import Activation, Endpoint, Listening, Suppressed
from edged.runtime.clips.privacy import COMMAND, EARLY
from edged.runtime.clips.tape import LEAD_HOPS
from tests.runtime.clips.rig import Rig, planned
from tests.runtime.test_ear import spoken

HOPS = 300
LOUD = (np.random.default_rng(5).normal(size=HOPS * HOP) * 3000).astype(np.int16)
QUIET = (np.random.default_rng(6).normal(size=HOPS * HOP) * 10).astype(np.int16)
BEFORE = 25
"""Hops of two seconds."""


def of(rig: Rig, kind: type) -> list:
    return [body for body in rig.events if isinstance(body, kind)]


def test_a_wake_is_kept_with_the_sound_that_its_scores_need_and_not_a_sample_after_its_decision():
    rig = Rig(planned({100: 0.9}, 120))
    rig.feed(LOUD[: 120 * HOP])
    ((document, sound),) = rig.clips
    assert [document.id] == rig.told()
    assert (document.kind, document.word, document.sample, document.utterance) == (
        "wake",
        "computer",
        100 * HOP,
        1,
    )
    assert document.end_sample == of(rig, Activation)[0].end_sample
    assert document.latency_ms == of(rig, Activation)[0].latency_ms
    assert document.sound is not None
    start = (100 - BEFORE - LEAD_HOPS) * HOP - CONTEXT
    assert (document.sound.start, document.sound.begins) == (start, "middle")
    assert np.array_equal(sound[:, 0], LOUD[start : 100 * HOP])
    assert document.curve is not None
    assert document.curve.ends == tuple(hop * HOP for hop in range(100 - BEFORE + 1, 101))
    assert document.curve.scores["computer"][-2:] == (0.0, pytest.approx(0.9))
    assert set(document.curve.stages_ms) == {"features", "heads"}


def test_just_after_the_start_it_begins_with_the_stream():
    rig = Rig(planned({12: 0.9}))
    rig.feed(LOUD[: 20 * HOP])
    ((document, sound),) = rig.clips
    assert (document.sound.start, document.sound.begins) == (0, "stream")
    assert np.array_equal(sound[:, 0], LOUD[: 12 * HOP])
    assert len(document.curve.ends) == 12


def test_behind_a_gap_it_begins_behind_the_gap():
    rig = Rig(planned({60: 0.9}))
    rig.feed(LOUD[: 50 * HOP])
    rig.feed(LOUD[50 * HOP : 70 * HOP], skip=7 * HOP + 300)
    ((document, sound),) = rig.clips
    assert (document.sound.start, document.sound.begins) == (57 * HOP + 300, "stream")
    assert np.array_equal(sound[:, 0], LOUD[50 * HOP : 60 * HOP])


def test_what_is_held_back_and_what_came_close_is_kept_with_half_a_second_after_it():
    rig = Rig(planned({60: 0.9, 100: 0.45}), rules={"patience": 2, "patience_window": 2})
    rig.feed(LOUD[: 160 * HOP])
    (held, held_sound), (near, near_sound) = rig.clips
    assert (held.kind, held.reason, held.score) == ("rejected", "patience", pytest.approx(0.9))
    assert rig.told() == [held.id]
    assert of(rig, Suppressed)[0].clip == held.id
    assert (near.kind, near.reason, near.score) == ("near_miss", None, pytest.approx(0.45))
    assert near.sample == 100 * HOP
    after = 6 * HOP
    for document, sound in ((held, held_sound), (near, near_sound)):
        end = document.sound.start + len(sound)
        assert end == document.sample + after
        assert np.array_equal(sound[:, 0], LOUD[document.sound.start : end])


def test_they_end_where_a_command_begins():
    rig = Rig(planned({60: 0.9, 64: 0.9, 65: 0.9}), rules={"patience": 2, "patience_window": 2})
    rig.feed(LOUD[: 70 * HOP])
    (held, sound), (wake, _) = sorted(rig.clips, key=lambda clip: clip[0].sample)
    assert (held.kind, wake.kind, wake.sample) == ("rejected", "wake", 65 * HOP)
    assert held.sound.start + len(sound) == 65 * HOP


def commands(rig: Rig) -> list[tuple[int, int]]:
    """First sample of each command that nobody may hear again, and the one after its last.

    It begins at the decision: until then nobody knew of it, and what decided must be kept.
    """
    decided = [document.sample for document, _ in rig.clips if document.kind == "wake"]
    starts = [body.start_sample for body in of(rig, Listening)]
    lengths = [sum(map(len, pieces)) for pieces in rig.recognizer.heard.values()]
    ends = [start + length for start, length in zip(starts, lengths, strict=True)]
    return list(zip(sorted(decided), ends, strict=True))


@pytest.mark.parametrize("score", [0.9, 0.45])
def test_nothing_that_is_kept_holds_a_command(score):
    """Words, near misses and words held back at every hop around a command: none has a sample of it."""
    silent = 0
    for hop in range(13, 80):
        rig = Rig(planned({12: 0.9, hop: score}), rules={"refractory_s": 0.5})
        rig.feed(np.concatenate([spoken(60), LOUD[: 60 * HOP]]))
        rig.end()
        assert len(commands(rig)) >= 1
        for document, sound in rig.clips:
            if sound is None:
                silent += 1
                assert document.no_sound in (COMMAND, EARLY)
                continue
            first, last = document.sound.start, document.sound.start + len(sound)
            for start, end in commands(rig):
                assert last <= start or first >= end, (hop, document.kind)
    assert silent >= 5


def test_where_commands_are_kept_a_wake_goes_on_to_the_end_of_its_command():
    rig = Rig(planned({12: 0.9}), clips={"commands": True})
    pcm = spoken(60)
    rig.feed(pcm)
    ((document, sound),) = rig.clips
    assert of(rig, Endpoint)
    stop = of(rig, Listening)[0].start_sample + sum(map(len, rig.recognizer.heard[1]))
    assert document.sound.start + len(sound) >= stop
    assert np.array_equal(sound[:, 0], pcm[document.sound.start :][: len(sound)])


def test_what_was_said_in_the_second_after_a_command_is_told_without_sound():
    rig = Rig(planned({12: 0.9, 44: 0.9}), rules={"refractory_s": 0.0}, listen={"trailing_silence": 0.1})
    rig.feed(np.concatenate([spoken(45), LOUD[: 40 * HOP]]))
    wake, after = (document for document, _ in sorted(rig.clips, key=lambda clip: clip[0].sample))
    assert wake.sound is not None
    end = next(body for body in rig.events if isinstance(body, Endpoint))
    assert end.reason == "silence"
    assert (after.kind, after.sound, after.no_sound) == ("wake", None, EARLY)
    assert after.curve.scores["computer"][-1] == pytest.approx(0.9)


def test_kinds_that_were_not_asked_for_are_not_kept_and_not_told():
    rig = Rig(planned({30: 0.45, 60: 0.9}), clips={"kinds": ("near_miss",)})
    rig.feed(LOUD[: 90 * HOP])
    assert [document.kind for document, _ in rig.clips] == ["near_miss"]
    assert rig.told() == []


def test_switched_off_nothing_is_kept():
    rig = Rig(planned({30: 0.45, 60: 0.9}), clips={"enabled": False})
    rig.feed(LOUD[: 90 * HOP])
    rig.end()
    assert rig.clips == []
    assert rig.told() == []


def test_switched_off_while_it_runs_nothing_more_is_kept_and_switched_on_nothing_of_before():
    rig = Rig(planned({60: 0.9, 120: 0.9, 220: 0.9}), rules={"refractory_s": 0.0})
    rig.feed(np.concatenate([LOUD[: 61 * HOP], QUIET[: 39 * HOP]]))
    rig.obey(enabled=False)
    rig.feed(np.concatenate([LOUD[: 21 * HOP], QUIET[: 79 * HOP]]))
    assert [document.sample for document, _ in rig.clips] == [60 * HOP]
    rig.obey(enabled=True)
    rig.feed(LOUD[: 30 * HOP])
    (_, _), (document, sound) = rig.clips
    assert document.sample == 220 * HOP
    assert document.sound.begins == "history"
    assert document.sound.start >= 200 * HOP
    assert len(sound) == 220 * HOP - document.sound.start


def test_new_rules_begin_a_new_curve():
    rig = Rig(planned({60: 0.9}))
    rig.feed(LOUD[: 50 * HOP])
    rig.obey(before_s=2.0)
    rig.feed(LOUD[50 * HOP : 65 * HOP])
    ((document, _),) = rig.clips
    assert document.curve.ends[0] == 51 * HOP


def test_the_end_of_a_recording_closes_what_is_open_and_tells_what_was_undecided():
    rig = Rig(planned({20: 0.9}), rules={"patience": 2, "patience_window": 4})
    rig.feed(LOUD[: 21 * HOP + 300])
    rig.end()
    ((document, sound),) = rig.clips
    assert (document.kind, document.reason, document.ended) == ("rejected", "patience", True)
    assert [each.hop for each in document.decisions] == [None]
    assert len(sound) == 21 * HOP


def test_sound_that_was_cleaned_for_the_wake_words_is_kept_beside_what_came():
    rig = Rig(planned({80: 0.9}), denoise="wake")
    rig.feed(LOUD[: 90 * HOP])
    ((document, sound),) = rig.clips
    assert document.sound.channels == ("raw", "cleaned")
    assert np.array_equal(sound[:, 0], LOUD[document.sound.start : 80 * HOP])
    assert not np.array_equal(sound[:, 0], sound[:, 1])
    assert "denoise" in document.curve.stages_ms


def test_a_command_that_gets_no_text_is_told_with_the_clip_of_its_wake_word():
    rig = Rig(planned({12: 0.9}))
    rig.recognizer.dies = True
    rig.feed(spoken(60))
    (wake, _), (lost, sound) = rig.clips
    assert (lost.kind, lost.word, lost.wake, lost.utterance) == ("lost", "computer", wake.id, 1)
    assert sound is None
    assert "clips.commands is off" in lost.no_sound
    assert rig.told() == [wake.id, lost.id]


def test_where_commands_are_kept_the_sound_of_a_lost_one_is_what_the_recognizer_was_given():
    rig = Rig(planned({12: 0.9}), clips={"commands": True, "kinds": ("lost",)})
    rig.recognizer.dies = True
    pcm = spoken(60)
    rig.feed(pcm)
    ((lost, sound),) = rig.clips
    start = of(rig, Listening)[0].start_sample
    assert lost.sound.start == start
    assert np.array_equal(sound[:, 0], pcm[start : start + len(sound)])
    assert len(sound) / SAMPLE_RATE > 1


@pytest.mark.parametrize("before_s", [0.5, 4.0])
def test_the_curve_is_as_long_as_asked(before_s):
    rig = Rig(planned({150: 0.9}), clips={"before_s": before_s})
    rig.feed(LOUD[: 155 * HOP])
    ((document, sound),) = rig.clips
    hops = round(before_s * SAMPLE_RATE / HOP)
    assert len(document.curve.ends) == hops
    assert len(sound) == CONTEXT + (LEAD_HOPS + hops) * HOP


def test_how_close_a_near_miss_is_can_be_chosen():
    for share, close in ((0.5, 2), (0.8, 1), (0.95, 0)):
        rig = Rig(planned({60: 0.3, 90: 0.45}), clips={"near_miss_from": share})
        rig.feed(LOUD[: 120 * HOP])
        assert len(rig.clips) == close


def test_no_sound_follows_where_none_is_to():
    rig = Rig(planned({60: 0.9}), rules={"patience": 2, "patience_window": 2}, clips={"after_s": 0.0})
    rig.feed(LOUD[: 80 * HOP])
    ((document, sound),) = rig.clips
    assert document.sound.start + len(sound) == document.sample
