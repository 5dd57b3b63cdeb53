"""Stretches of speech follow each other: nothing twice, no speech left out, none too long."""

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import given

from edged.config.schema import Listen
from edged.geometry import SAMPLE_RATE, VAD_WINDOW
from edged.stages.listen.segment import MARGIN, Began, Ended, Segmenter

SILENCE, LONGEST, LEAST = 20 * VAD_WINDOW, 4 * SAMPLE_RATE, 3 * VAD_WINDOW

stretches = st.lists(st.tuples(st.booleans(), st.integers(1, 90)), max_size=20)


def segmenter() -> Segmenter:
    return Segmenter(SILENCE, LONGEST, LEAST, threshold=0.5)


def windows(said: list[tuple[bool, int]]) -> list[bool]:
    return [speaks for speaks, count in said for _ in range(count)]


def segments(speech: list[bool]) -> list[tuple[int, int, str]]:
    """Return start, end and reason of each stretch."""
    found: list[tuple[int, int, str]] = []
    start = None
    follower = segmenter()
    edges = [
        edge for n, speaks in enumerate(speech) for edge in follower.update((n + 1) * VAD_WINDOW, speaks)
    ]
    for edge in (*edges, *follower.finish(len(speech) * VAD_WINDOW)):
        if isinstance(edge, Began):
            assert start is None, "a stretch began inside another"
            start = edge.start
        else:
            assert start is not None
            found.append((start, edge.end, edge.reason))
            start = None
    assert start is None, "a stretch was left open"
    return found


@given(stretches)
def test_stretches_are_in_order_do_not_overlap_and_are_never_too_long(said):
    last = 0
    for start, end, _ in segments(windows(said)):
        assert last <= start < end
        assert end - start <= LONGEST
        last = end


@given(stretches)
def test_all_speech_that_is_more_than_a_click_is_in_a_stretch(said):
    found = segments(windows(said))
    at = 0
    for speaks, count in said:
        begin, at = at, at + count * VAD_WINDOW
        if speaks and count * VAD_WINDOW >= LEAST + VAD_WINDOW:
            inside = sum(
                min(end, at) - max(start, begin) for start, end, _ in found if start < at and end > begin
            )
            assert inside == at - begin


@given(stretches)
def test_each_reason_is_what_happened(said):
    speech = windows(said)
    for start, end, reason in segments(speech):
        if reason == "silence":
            quiet = speech[(end - SILENCE) // VAD_WINDOW : end // VAD_WINDOW]
            assert not any(quiet)
        elif reason == "max_length":
            assert end - start >= 0.75 * LONGEST
        else:
            assert (reason, end) == ("end_of_stream", len(speech) * VAD_WINDOW)


def test_what_goes_on_beyond_the_longest_goes_on_in_the_next_without_a_hole():
    found = segments([True] * 400)
    assert len(found) > 2
    assert all(before[1] == after[0] for before, after in itertools.pairwise(found))


def test_near_the_longest_the_first_pause_ends_it():
    pause = int(0.8 * LONGEST) // VAD_WINDOW
    (first, second) = segments([True] * pause + [False] * 2 + [True] * 30)
    assert first == (0, (pause + 1) * VAD_WINDOW, "max_length")
    assert second[0] >= first[1]


def test_the_soft_beginning_of_a_word_belongs_to_it():
    ((start, _, _),) = segments([False] * 30 + [True] * 10)
    assert start == 30 * VAD_WINDOW - MARGIN


def test_a_click_is_no_stretch():
    assert segments([False] * 10 + [True] * 2 + [False] * 40) == []


def test_a_client_may_ask_for_another_silence():
    follower = Segmenter.of(Listen(), LONGEST, "aggressive")
    edges = [edge for n in range(40) for edge in follower.update((n + 1) * VAD_WINDOW, n < 10)]
    assert isinstance(edges[-1], Ended)
    assert edges[-1].end == 18 * VAD_WINDOW  # 0.25 s are 8 windows


def test_a_longest_stretch_without_room_is_refused():
    with pytest.raises(ValueError, match="too short"):
        Segmenter(SILENCE, MARGIN, LEAST, 0.5)
