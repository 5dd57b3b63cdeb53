"""Cuts: every sample in exactly one part, no part above the limit, and quiet places first."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from edged.geometry import SAMPLE_RATE, VAD_WINDOW
from edged.runtime.transcribe.cuts import Cutter, Part, quietest

WINDOW_S = VAD_WINDOW / SAMPLE_RATE


def parts(windows, limit=30 * SAMPLE_RATE, pause=int(0.7 * SAMPLE_RATE), tail=0) -> list[Part]:
    cutter = Cutter(limit, pause, threshold=0.5)
    found = [part for p, level in windows if (part := cutter.update(p, level)) is not None]
    return found + cutter.finish(len(windows) * VAD_WINDOW + tail)


def seconds(speech: float, probability: float, level: float) -> list[tuple[float, float]]:
    return [(probability, level)] * round(speech / WINDOW_S)


stretches = st.lists(
    st.tuples(st.integers(1, 200), st.sampled_from([0.0, 0.4, 0.6, 1.0]), st.floats(0, 1e6)), max_size=30
)


@given(
    stretches,
    st.integers(SAMPLE_RATE, 4 * SAMPLE_RATE),
    st.integers(0, 3 * SAMPLE_RATE),
    st.integers(0, VAD_WINDOW - 1),
)
def test_every_sample_is_in_exactly_one_part_and_no_part_is_above_the_limit(runs, limit, pause, tail):
    windows = [(p, level) for count, p, level in runs for _ in range(count)]
    found = parts(windows, limit, pause, tail)
    ends = [0, *(part.stop for part in found)]
    assert [part.start for part in found] == ends[:-1]
    assert ends[-1] == len(windows) * VAD_WINDOW + tail
    assert all(0 < part.stop - part.start <= limit for part in found)
    for index, (probability, _) in enumerate(windows):
        if probability >= 0.5:
            at = index * VAD_WINDOW
            assert next(part for part in found if part.start <= at < part.stop).speech


def test_speech_is_cut_in_its_pauses_with_a_margin_and_silence_is_left_out():
    windows = [*seconds(2, 0, 1), *seconds(3, 1, 1e6), *seconds(4, 0, 1), *seconds(1, 1, 1e6)]
    found = parts(windows)
    assert [part.speech for part in found] == [False, True, False, True]
    starts = [part.start / SAMPLE_RATE for part in found]
    assert starts == pytest.approx([0, 1.7, 5.3, 8.7], abs=0.07)


def test_speech_without_a_pause_is_cut_at_the_quietest_place_below_the_limit():
    rng = np.random.default_rng(1)
    windows = [(1.0, float(level)) for level in rng.uniform(1e5, 1e6, round(15 / WINDOW_S))]
    breath = round(7 / WINDOW_S)
    for index in range(breath - 2, breath + 2):
        windows[index] = (0.9, 10.0)
    first, *_ = parts(windows, limit=10 * SAMPLE_RATE)
    assert first.stop == pytest.approx(7 * SAMPLE_RATE, abs=2 * VAD_WINDOW)


def test_one_quiet_window_within_a_word_does_not_pass_for_the_pause_beside_it():
    levels = [100.0] * 40
    levels[20] = 0.0  # as the closure of a "t"
    levels[30:34] = [10.0] * 4
    assert 30 <= quietest(levels, 10, 39) <= 34


def test_of_places_equally_quiet_the_last_makes_the_longest_part():
    assert quietest([1.0] * 20, 10, 19) == 19


def test_a_limit_that_holds_no_word_is_refused():
    with pytest.raises(ValueError, match="at least"):
        Cutter(SAMPLE_RATE - 1, 0, 0.5)
