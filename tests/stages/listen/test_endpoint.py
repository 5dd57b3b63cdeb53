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


def with_text(probability: float, texts, listen: Listen | None = None) -> tuple[str, float] | None:
    """Reason and seconds, where every window has the same probability; texts: (second, text) as they change.

    The recognizer says its text every 400 ms, as the one of the daemon does.
    """
    endpointer = Endpointer.of(listen or Listen(trailing_silence=0.7, stable_s=2.0))
    endpointer.start(0)
    for number in range(1, windows(16)):
        end = number * VAD_WINDOW
        heard = end // 6_400 * 6_400
        endpointer.read(heard, next((text for s, text in reversed(texts) if s * SAMPLE_RATE <= heard), ""))
        if reason := endpointer.update(end, probability if number > 10 else 0.0):
            return reason, round(end / SAMPLE_RATE, 2)
    return None


COMMAND = [(0.8, "turn"), (1.2, "turn on"), (2.0, "turn on the light")]


def test_a_text_that_stands_ends_a_command_that_noise_keeps_open():
    assert with_text(0.95, COMMAND) == ("stable", 4.0)
    assert with_text(0.95, [*COMMAND, (3.2, "turn on the light please")]) == ("stable", 5.22)


def test_zero_leaves_the_text_out_of_it():
    assert with_text(0.95, COMMAND, Listen(stable_s=0)) == ("max_length", 15.01)


def test_noise_without_a_text_ends_at_the_longest_command():
    assert with_text(0.95, []) == ("max_length", 15.01)


def test_a_text_of_the_wake_words_end_does_not_cut_off_who_thinks_first():
    assert with_text(0.95, [(0.4, "vis")], Listen(no_speech_timeout_s=4.0, stable_s=2.0)) == ("stable", 4.0)
    assert with_text(0.95, [(0.4, "vis"), (3.6, "vis off")]) == ("stable", 5.6)


def test_a_text_stands_at_least_as_long_as_silence_must():
    assert with_text(0.95, [(4.0, "turn on")], Listen(trailing_silence=3.0, stable_s=1.0)) == ("stable", 7.2)


def test_a_text_alone_without_any_speech_is_not_a_command_that_stands():
    assert with_text(0.0, [(0.4, "vis")]) == ("no_speech", 4.0)


def test_a_text_that_still_grows_keeps_silence_from_ending_a_command_and_no_longer():
    def silent_from(second: float, texts, listen: Listen) -> float:
        endpointer = Endpointer.of(listen)
        endpointer.start(0)
        for number in range(1, windows(16)):
            end = number * VAD_WINDOW
            for at, text in texts:
                if at * SAMPLE_RATE <= end:
                    endpointer.read(round(at * SAMPLE_RATE), text)
            if endpointer.update(end, 0.9 if 0.5 < end / SAMPLE_RATE < second else 0.0) == "silence":
                return end / SAMPLE_RATE
        raise AssertionError

    listen = Listen(trailing_silence=0.7, stable_s=2.0)
    soft = [(0.8 + 0.4 * n, "word " * n) for n in range(1, 6)]
    assert silent_from(1.5, [(1.2, "turn on")], listen) == pytest.approx(2.2, abs=0.04)
    assert silent_from(1.5, soft, listen) == pytest.approx(2.8 + 0.5, abs=0.04)
    assert silent_from(1.5, soft, Listen(trailing_silence=0.7, stable_s=0)) == pytest.approx(2.2, abs=0.04)
    assert silent_from(1.5, soft, Listen(trailing_silence=0.25)) == pytest.approx(1.85, abs=0.04)


def test_a_text_that_grows_for_ever_in_silence_still_ends_at_the_longest_command():
    growing = [(0.4 * n, "word " * n) for n in range(1, 60)]
    endpointer = Endpointer.of(Listen(stable_s=2.0))
    endpointer.start(0)
    reasons = []
    for number in range(1, windows(16)):
        end = number * VAD_WINDOW
        endpointer.read(end, next((t for s, t in reversed(growing) if s * SAMPLE_RATE <= end), ""))
        reasons.append(endpointer.update(end, 0.9 if number < 40 else 0.0))
    assert next(reason for reason in reasons if reason) == "max_length"


def test_a_stop_word_ends_the_command_once_it_stands_alone():
    listen = Listen(stop_words=("stop", "never mind"), stable_s=0)
    assert with_text(0.95, [(0.8, "Stop")], listen) == ("stop_word", 1.22)
    assert with_text(0.95, [(0.8, "never"), (1.2, "never mind.")], listen) == ("stop_word", 1.6)
    music = [(0.8, "stop"), (1.2, "stop the music")]
    assert with_text(0.95, music, listen) == ("max_length", 15.01)


def test_one_request_may_ask_for_another_sensitivity_and_another_patience():
    def ends(**asked: object) -> tuple[str, int]:
        endpointer = Endpointer.of(Listen(), **asked)
        endpointer.start(0)
        for number in range(1, 600):
            spoken = 0.9 if 20 < number <= 40 else 0.0
            if reason := endpointer.update(number * VAD_WINDOW, spoken):
                return reason, number
        raise AssertionError

    assert ends() == ("silence", 40 + windows(0.7))
    assert ends(sensitivity="aggressive") == ("silence", 40 + windows(0.25))
    assert ends(sensitivity="relaxed") == ("silence", 40 + windows(1.25))
    assert ends(sensitivity=2.0) == ("silence", 40 + windows(2.0))
    assert ends(no_speech_timeout_s=0.5) == ("no_speech", windows(0.5))


def test_speech_at_once_is_no_tail_where_no_wake_word_came_before():
    endpointer = Endpointer.of(Listen())
    endpointer.start(0, after_word=False)
    for number, probability in enumerate(SPOKEN * 4 + QUIET * 40, start=1):
        reason = endpointer.update(number * VAD_WINDOW, probability)
    assert (reason, endpointer.heard) == ("silence", True)


@given(
    st.lists(st.tuples(PROBABILITIES, st.sampled_from(["", "a", "a b", "stop"])), min_size=1, max_size=30),
    st.floats(0, 4),
    st.integers(0, 10**9),
)
def test_whatever_is_read_it_ends_by_the_longest_command_and_keeps_its_reason(pattern, stable_s, at):
    endpointer = Endpointer.of(Listen(stable_s=stable_s, stop_words=("stop",), max_length_s=6))
    endpointer.start(at)
    reasons = []
    for number in range(1, windows(6) + 2):
        end = at + number * VAD_WINDOW
        probability, text = pattern[number % len(pattern)]
        endpointer.read(end, text)
        reasons.append(endpointer.update(end, probability))
    said = [reason for reason in reasons if reason is not None]
    assert said
    assert len(set(said)) == 1
    assert "stable" not in said or stable_s > 0
