"""Clips of commands that are cancelled, begun anew, followed up: the same again, and no sound of commands."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry import HOP, SAMPLE_RATE
from edged.messages import Activation, Cancelled, Endpoint, Listening, Suppressed
from edged.runtime.clips.document import from_json, to_json
from edged.runtime.clips.privacy import COMMAND, EARLY, FOLLOW_UP
from edged.runtime.clips.replay import replay
from tests.runtime.clips.clip import MADE_BY
from tests.runtime.clips.rig import Rig, kit_of

LOUD = (np.random.default_rng(5).normal(size=300 * HOP) * 3000).astype(np.int16)
QUIET = (np.random.default_rng(6).normal(size=300 * HOP) * 10).astype(np.int16)
WINDOWS = [16, 34, 20]

COMPUTER, ROBOT, HALT = range(3)


def of(rig: Rig, kind: type) -> list:
    return [body for body in rig.events if isinstance(body, kind)]


def planned(scores: dict[int, tuple[int, float]], hops: int = 400) -> list[list[float]]:
    """Scores of computer, robot and halt by hop, counted from 1."""
    rows = [[0.0, 0.0, 0.0] for _ in range(hops + 1)]
    for hop, (word, score) in scores.items():
        rows[hop][word] = score
    return rows[1:]


def room(scores: dict[int, tuple[int, float]], **asked: dict[str, object]) -> Rig:
    rules = {"refractory_s": 0.0}
    return Rig(planned(scores), words=("computer", "robot"), stops=("halt",), rules=rules, **asked)


def one_command(quiet: int = 20) -> np.ndarray:
    """What is heard of a wake word at hop 12, a command of a second and `quiet` hops behind it."""
    return np.concatenate([QUIET[: 17 * HOP], LOUD[: 12 * HOP], QUIET[: quiet * HOP]])


# --- heard again ---


def wandering(commands: bool = True, **listen: object) -> Rig:
    """A rig whose scores depend on the sound; they are over the threshold for hops on end."""
    return Rig(
        words=("one", "two"),
        stops=("halt",),
        windows=WINDOWS,
        clips={"commands": commands, "before_s": 1.0},
        rules={"refractory_s": 0.3, "vad_threshold": 0.3},
        listen={"trailing_silence": 0.3, "no_speech_timeout_s": 1.0} | listen,
    )


def check_all(rig: Rig) -> int:
    """Hear every clip again; return how many had sound."""
    heard = 0
    for document, sound in rig.clips:
        assert from_json(to_json(document), "here") == document
        if sound is None or document.curve is None:
            continue
        heard += 1
        found = rig.replay((document, sound))
        assert found.differences == {"one": 0.0, "two": 0.0, "halt": 0.0}
        assert found.run.decisions == document.decisions
        assert found.same
        assert found.changes == ()
    return heard


pieces = st.lists(
    st.tuples(
        st.integers(1, 30 * HOP), st.sampled_from([5, 300, 3000, 20_000]), st.sampled_from([0, 0, 900])
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=25)
@given(pieces, st.booleans(), st.sampled_from(["restart", "ignore"]), st.sampled_from([0.0, 2.0]))
def test_whatever_is_cancelled_and_followed_up_every_clip_gives_the_same_again(parts, commands, on_wake, s):
    rig = wandering(commands, on_wake=on_wake, follow_up_s=s)
    rng = np.random.default_rng(3)
    for length, level, lost in parts:
        rig.feed((rng.normal(size=length) * level).clip(-32768, 32767).astype(np.int16), skip=lost)
    rig.end()
    check_all(rig)


def talked(**listen: object) -> Rig:
    rig = wandering(**listen)
    rng = np.random.default_rng(3)
    for level in (9000, 500, 9000, 4000, 20, 20) * 6:
        rig.feed((rng.normal(size=9 * HOP) * level).clip(-32768, 32767).astype(np.int16))
    rig.end()
    return rig


def test_a_wake_word_that_began_anew_does_so_again_and_a_stop_word_stops_again():
    rig = talked(on_wake="restart", follow_up_s=2.0)
    reasons = [body.reason for body in of(rig, Endpoint)]
    assert {"restarted_by_wake", "stop_word", "silence"} <= set(reasons)
    assert "follow_up" in {body.cause for body in of(rig, Listening)}
    assert check_all(rig) >= 20
    kinds = [document.kind for document, sound in rig.clips if sound is not None]
    assert kinds.count("stop") >= 2
    assert {"idle", "listening"} <= {document.reason for document, _ in rig.clips}


def test_what_the_rules_were_told_of_open_commands_is_what_makes_a_second_word_come_out_the_same():
    rig = talked(on_wake="restart")
    document, sound = next(
        clip
        for clip in rig.clips
        if clip[0].kind == "wake" and (clip[0].utterance or 0) - 1 in restarted(rig)
    )
    assert document.curve is not None
    decided, told = document.curve.ends.index(document.sample), list(document.curve.listening[document.word])
    assert told[decided] is False, "a command was open, and it may give way"
    told[decided] = True
    listening = document.curve.listening | {document.word: tuple(told)}
    curve = dataclasses.replace(document.curve, listening=listening)
    assert not rig.replay((dataclasses.replace(document, curve=curve), sound)).same_decisions


def restarted(rig: Rig) -> set[int]:
    """Numbers of the commands that a second wake word ended."""
    return {number for number, body in enumerate(of(rig, Endpoint), 1) if body.reason == "restarted_by_wake"}


def test_a_word_that_changed_its_role_is_named():
    rig = talked()
    document, sound = next(clip for clip in rig.clips if clip[1] is not None)
    assert sound is not None
    word = tuple(word.model_copy(update={"role": "wake"}) for word in rig.config.heads.word)
    heads = rig.config.heads.model_copy(update={"word": word[1:]})
    config = rig.config.model_copy(update={"heads": heads})
    found = replay(document, sound, config, kit_of(heads, windows=WINDOWS[1:]), MADE_BY)
    assert found.changes == ("one: is no wake word now", "halt: role stop then, wake now")
    heads = rig.config.heads.model_copy(update={"word": rig.config.heads.word[:2]})
    config = rig.config.model_copy(update={"heads": heads})
    found = replay(document, sound, config, kit_of(heads, windows=WINDOWS[:2]), MADE_BY)
    assert found.changes == ("halt: is no stop word now",)


# --- what is kept ---


def test_a_stop_word_is_a_clip_of_its_own_without_the_sound_of_the_command_it_cancels():
    rig = room({12: (COMPUTER, 0.9), 25: (HALT, 0.9)})
    rig.feed(one_command())
    assert of(rig, Cancelled) == [Cancelled("stop_word", "halt")]
    wake, stop = (document for document, _ in rig.clips)
    assert (wake.kind, stop.kind, stop.word, stop.utterance) == ("wake", "stop", "halt", 1)
    assert (stop.sample, stop.reason, stop.score) == (25 * HOP, None, pytest.approx(0.9))
    assert (stop.sound, stop.no_sound) == (None, COMMAND)
    assert [each.word for each in stop.decisions] == ["computer", "halt"]
    assert rig.told() == [wake.id]


def test_where_commands_are_kept_it_has_its_sound_and_half_a_second_more():
    rig = room({12: (COMPUTER, 0.9), 25: (HALT, 0.9)}, clips={"commands": True})
    rig.feed(one_command())
    pcm = one_command()
    sounds = {document.kind: (document.sound, sound) for document, sound in rig.clips}
    facts, sound = sounds["stop"]
    assert facts.start + len(sound) == (25 + 6) * HOP
    assert np.array_equal(sound[:, 0], pcm[facts.start : (25 + 6) * HOP])
    facts, sound = sounds["wake"]
    assert facts.start + len(sound) == 25 * HOP


def test_a_stop_word_that_came_close_is_told_where_it_could_have_been_heard_alone():
    rig = room({12: (COMPUTER, 0.9), 25: (HALT, 0.45)})
    rig.feed(one_command(40))
    assert [(document.kind, document.word) for document, _ in rig.clips][1:] == [("near_miss", "halt")]
    rig = room({25: (HALT, 0.45)})
    rig.feed(one_command(40))
    assert rig.clips == []


def test_a_stop_word_with_nothing_to_stop_is_held_back_and_kept_with_its_sound():
    rig = room({60: (HALT, 0.9)})
    rig.feed(LOUD[: 80 * HOP])
    ((document, sound),) = rig.clips
    assert (document.kind, document.reason, sound is None) == ("rejected", "idle", False)
    assert of(rig, Suppressed)[0].clip == document.id


def test_a_second_wake_word_is_told_without_the_sound_of_the_command_that_it_ends():
    rig = room({12: (COMPUTER, 0.9), 25: (ROBOT, 0.9)}, listen={"on_wake": "restart"})
    rig.feed(one_command())
    first, second = (document for document, _ in rig.clips)
    assert [body.clip for body in of(rig, Activation)] == [first.id, second.id]
    assert (first.utterance, second.utterance, second.kind) == (1, 2, "wake")
    assert (second.sound, second.no_sound) == (None, COMMAND)


def test_where_commands_are_kept_the_first_wake_goes_on_to_the_second_word():
    rig = room(
        {12: (COMPUTER, 0.9), 25: (ROBOT, 0.9)}, listen={"on_wake": "restart"}, clips={"commands": True}
    )
    rig.feed(one_command())
    first, _ = min(rig.clips, key=lambda clip: clip[0].sample)
    assert first.sound.start + first.sound.samples == 25 * HOP


def test_a_lost_follow_up_names_the_word_that_its_row_began_with():
    rig = room({12: (COMPUTER, 0.9)}, listen={"follow_up_s": 2.0})
    rig.feed(one_command(12))
    rig.recognizer.dies = True
    rig.feed(np.concatenate([LOUD[: 12 * HOP], QUIET[: 20 * HOP]]))
    (wake, _), (lost, _) = rig.clips
    assert (lost.kind, lost.utterance, lost.word, lost.wake) == ("lost", 2, "computer", wake.id)
    assert rig.told() == [wake.id, lost.id]


def test_a_follow_up_of_a_wake_that_was_not_kept_names_its_word_all_the_same():
    rig = room({12: (COMPUTER, 0.9)}, listen={"follow_up_s": 2.0}, clips={"enabled": False})
    rig.feed(one_command(5))
    rig.obey(enabled=True)
    rig.feed(QUIET[: 7 * HOP])
    rig.recognizer.dies = True
    rig.feed(np.concatenate([LOUD[: 12 * HOP], QUIET[: 20 * HOP]]))
    ((lost, _),) = rig.clips
    assert (lost.kind, lost.utterance, lost.word, lost.wake) == ("lost", 2, "computer", None)


def commands(rig: Rig) -> list[tuple[int, int]]:
    """Where each command begins, of which nobody may hear a sample, and where it ends.

    One with a wake word begins at the decision: until then nobody knew of it.
    """
    ends = [at for at, body in zip(rig.places, rig.events, strict=True) if isinstance(body, Endpoint)]
    starts = [
        at if body.cause == "wake" else body.start_sample
        for at, body in zip(rig.places, rig.events, strict=True)
        if isinstance(body, Listening)
    ]
    return list(zip(starts, ends, strict=True))


def is_apart(rig: Rig) -> int:
    """Assert that no clip holds a sample of a command; return how many have no sound."""
    silent = 0
    for document, sound in rig.clips:
        if sound is None:
            silent += 1
            assert document.no_sound in (COMMAND, EARLY, FOLLOW_UP)
            continue
        first, last = document.sound.start, document.sound.start + len(sound)
        for start, end in commands(rig):
            assert last <= start or first >= end, (document.kind, document.sample / HOP)
    return silent


@pytest.mark.parametrize("score", [0.9, 0.45])
@pytest.mark.parametrize("late", [1, 14, 22])
def test_nothing_that_is_kept_holds_a_follow_up_however_late_its_text_comes(score, late):
    """Near misses and words at every second hop; the follow-up is spoken before it is known to be one."""
    silent = 0
    for hop in range(40, 110, 2):
        rig = room({12: (COMPUTER, 0.9), hop: (HALT, score)}, listen={"follow_up_s": 2.0})
        rig.recognizer.waits = True
        rig.feed(one_command(10))
        assert of(rig, Endpoint) == [Endpoint("silence")]
        rig.feed(LOUD[: late * HOP])
        rig.recognizer.waits = False
        rig.recognizer.answer(1)
        rig.feed(np.concatenate([LOUD[: 10 * HOP], QUIET[: 60 * HOP]]))
        rig.end()
        assert [body.cause for body in of(rig, Listening)][:2] == ["wake", "follow_up"]
        silent += is_apart(rig)
    assert silent >= 5


def test_where_no_text_came_in_time_sound_is_kept_again_and_none_of_it_is_followed_up():
    rig = room({12: (COMPUTER, 0.9), 60: (HALT, 0.9), 95: (HALT, 0.9)}, listen={"follow_up_s": 2.0})
    rig.recognizer.waits = True
    rig.feed(one_command(80))
    rig.ear.obey(
        rig.config.model_copy(update={"listen": rig.config.listen.model_copy(update={"follow_up_s": 9.0})})
    )
    rig.recognizer.answer(1)
    rig.feed(QUIET[: 20 * HOP])
    assert len(of(rig, Listening)) == 1
    (_, _), (early, none), (later, sound) = rig.clips
    assert (early.sample, none, early.no_sound) == (60 * HOP, None, FOLLOW_UP)
    ended = next(at for at, body in zip(rig.places, rig.events, strict=True) if isinstance(body, Endpoint))
    assert (later.sample, later.no_sound) == (95 * HOP, "")
    assert later.sound.start >= ended + 2 * SAMPLE_RATE - 2 * HOP
    assert later.sound.start + len(sound) == (95 + 6) * HOP
