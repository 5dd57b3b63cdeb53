"""A command ends after silence, when nobody speaks, or when it is too long; and it always ends."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config.schema import Listen
from edged.geometry import SAMPLE_RATE, VAD_WINDOW
from edged.stages.listen.endpoint import HYSTERESIS, TAIL_BEGINS, TAIL_LASTS, Endpointer, seconds_of

PROBABILITIES = st.sampled_from([0.0, 0.1, 0.34, 0.36, 0.49, 0.5, 0.9, math.nan]) | st.floats(0, 1)


def ended(probabilities, listen: Listen | None = None, at: int = 0) -> tuple[str, int] | None:
    """Reason, and how many windows it took."""
    endpointer = Endpointer.of(listen or Listen())
    endpointer.start(at)
    for number, probability in enumerate(probabilities, start=1):
        if reason := endpointer.update(at + number * VAD_WINDOW, probability):
            return reason, number
    return None


def windows(seconds: float) -> int:
    """Windows until so much time has passed."""
    return math.ceil(seconds * SAMPLE_RATE / VAD_WINDOW)


QUIET, SPOKEN = [0.02], [0.95]
PAUSE = QUIET * 10


@pytest.mark.parametrize(
    ("setting", "seconds"), [("aggressive", 0.25), ("default", 0.7), ("relaxed", 1.25), (0.4, 0.4)]
)
def test_silence_after_speech_ends_the_command_after_the_time_asked_for(setting, seconds):
    assert seconds_of(setting) == seconds
    reason, number = ended(PAUSE + SPOKEN * 20 + QUIET * 100, Listen(trailing_silence=setting))
    assert reason == "silence"
    assert number == 30 + windows(seconds)


def test_a_pause_shorter_than_the_silence_asked_for_ends_nothing():
    pause = QUIET * (windows(0.7) - 1)
    assert ended(PAUSE + SPOKEN * 10 + pause + SPOKEN * 10 + pause) is None


def test_nobody_speaks():
    assert ended(QUIET * 500) == ("no_speech", windows(4.0))


def test_one_who_begins_to_speak_at_the_last_moment_is_heard():
    last = windows(4.0) - 1
    reason, number = ended(QUIET * last + SPOKEN * 20 + QUIET * 100)
    assert (reason, number) == ("silence", last + 20 + windows(0.7))


def test_a_click_is_no_command():
    click = SPOKEN * 2
    assert ended(PAUSE + click + QUIET * 500) == ("no_speech", windows(4.0))
    assert ended(PAUSE + (click + QUIET * 20) * 50) == ("no_speech", windows(4.0))
    assert ended(PAUSE + SPOKEN * 3 + QUIET * 500)[0] == "silence"


def test_the_tail_of_the_wake_word_is_no_command():
    tail = SPOKEN * (TAIL_LASTS // VAD_WINDOW - 1)
    thought = QUIET * windows(1.5)
    assert ended(QUIET * 3 + tail + QUIET * 500) == ("no_speech", windows(4.0))
    reason, number = ended(tail + thought + SPOKEN * 20 + QUIET * 100)
    assert (reason, number) == ("silence", len(tail + thought) + 20 + windows(0.7))


def test_a_command_spoken_at_once_is_one():
    assert ended(SPOKEN * (TAIL_LASTS // VAD_WINDOW) + QUIET * 100)[0] == "silence"
    after = QUIET * (TAIL_BEGINS // VAD_WINDOW)
    assert ended(after + SPOKEN * 3 + QUIET * 100)[0] == "silence"


def test_a_radio_that_never_stops_ends_at_the_longest_command():
    assert ended(SPOKEN * 2_000) == ("max_length", windows(15.0))
    assert ended(SPOKEN * 2_000, Listen(max_length_s=2)) == ("max_length", windows(2.0))


def test_speech_goes_on_until_it_falls_well_below_the_threshold():
    low = 0.5 - HYSTERESIS
    assert ended(PAUSE + SPOKEN * 10 + [low + 0.01] * 200) is None
    assert ended(PAUSE + SPOKEN * 10 + [low - 0.01] * 200) == ("silence", 20 + windows(0.7))
    assert ended(PAUSE + [0.49] * 200) == ("no_speech", windows(4.0))


def test_a_threshold_below_the_hysteresis_hears_everything_as_speech_and_still_ends():
    assert ended([0.0] * 2_000, Listen(vad_threshold=0.0))[0] == "max_length"


def test_it_is_reused_and_remembers_nothing():
    endpointer = Endpointer.of(Listen())
    first, second = [], []
    for answers in (first, second):
        endpointer.start(1_000)
        pattern = PAUSE + SPOKEN * 15 + QUIET * 40 + SPOKEN
        answers += [endpointer.update(1_000 + n * VAD_WINDOW, p) for n, p in enumerate(pattern, 1)]
    assert first == second
    assert first[-1] == "silence", "the reason stays"


@given(
    st.lists(PROBABILITIES, min_size=1, max_size=40),
    st.floats(0.05, 3),
    st.floats(0.1, 6),
    st.floats(0.1, 10),
    st.integers(0, 2_000),
    st.integers(0, 10**9),
)
def test_it_always_ends_and_never_later_than_the_longest_command(
    pattern, silence, timeout, longest, min_speech, at
):
    listen = Listen(
        trailing_silence=silence, no_speech_timeout_s=timeout, max_length_s=longest, min_speech_ms=min_speech
    )
    endless = pattern * (windows(longest) // len(pattern) + 1)
    reason, number = ended(endless, listen, at)
    assert number <= windows(longest + 1 / SAMPLE_RATE)
    spoken = [p >= 0.5 for p in endless[:number]]
    if reason == "silence":
        assert any(spoken)
        assert not any(spoken[number - windows(silence) :])
    elif reason == "no_speech":
        assert number >= windows(timeout - 1 / SAMPLE_RATE)
    else:
        assert number >= windows(longest - 1 / SAMPLE_RATE)
