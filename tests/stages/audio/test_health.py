"""What no microphone in a room delivers is noticed, and what a person does to one is left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.audio.health import (
    CLIPPING_S,
    GATE_S,
    LONGEST_SILENT_S,
    SILENT_S,
    STUCK_S,
    Clipping,
    Health,
    Looks,
    look,
    patience_s,
)

SOUND = Looks(HOP, "sound", 0)
ZEROS = Looks(HOP, "silent", 0)
FLAT = Looks(HOP, "stuck", 0)
HOPS_S = SAMPLE_RATE / HOP
"""Hops in a second."""


def troubles(health: Health, looks: Looks, seconds: float) -> list[float]:
    """Seconds after which trouble was told, while a source looks like this for a time."""
    hops = round(seconds * HOPS_S)
    return [(hop + 1) / HOPS_S for hop in range(hops) if health.hear(looks) is not None]


@given(st.lists(st.integers(-32_768, 32_767), min_size=1, max_size=200))
def test_a_frame_is_sound_where_two_samples_differ_and_every_sample_at_an_end_is_counted(samples):
    looks = look(np.array(samples, np.int16))
    assert looks.samples == len(samples)
    assert (looks.kind == "sound") == (len(set(samples)) > 1)
    assert (looks.kind == "silent") == (set(samples) == {0})
    assert looks.clipped == sum(sample in (-32_768, 32_767) for sample in samples)


def test_the_least_noise_is_sound():
    assert look(np.array([0] * (HOP - 1) + [-1], np.int16)).kind == "sound"


def test_one_value_for_two_seconds_is_a_converter_that_stands_still():
    health = Health()
    assert troubles(health, SOUND, 5) == []
    assert troubles(health, FLAT, STUCK_S) == [STUCK_S]


def test_a_short_stand_still_is_forgiven():
    health = Health()
    for _ in range(10):
        assert troubles(health, FLAT, STUCK_S - 0.1) == []
        assert troubles(health, SOUND, 0.08) == []


def test_digital_silence_is_waited_for_longer_each_time_that_opening_anew_was_in_vain():
    health = Health()
    waited = []
    for _ in range(9):
        health.reopened()
        waited += troubles(health, ZEROS, patience_s(len(waited), mutes=False))
    assert waited == [10, 20, 40, 80, 160, 320, 600, 600, 600]


def test_sound_after_opening_anew_makes_the_next_silence_short_again():
    health = Health()
    assert len(troubles(health, ZEROS, SILENT_S)) == 1
    health.reopened()
    assert troubles(health, SOUND, 1) == []
    assert health.mutes is False
    assert troubles(health, ZEROS, SILENT_S) == [SILENT_S]


def test_a_source_that_comes_out_of_silence_by_itself_is_not_opened_anew_at_every_pause():
    health = Health()
    assert troubles(health, ZEROS, GATE_S + 0.1) == []
    assert troubles(health, SOUND, 1) == []
    assert health.mutes is True
    assert troubles(health, ZEROS, LONGEST_SILENT_S) == [LONGEST_SILENT_S]


@pytest.mark.parametrize("in_vain", [0, 3, 10_000])
def test_the_wait_for_sound_has_a_bound(in_vain):
    assert SILENT_S <= patience_s(in_vain, mutes=False) <= LONGEST_SILENT_S


def test_clipping_is_told_when_it_begins_and_when_it_is_over():
    clipping = Clipping()
    looks = [Looks(HOP, "sound", 0)] * 125 + [Looks(HOP, "sound", HOP // 20)] * 250 + [SOUND] * 125
    changed = [hop for hop, look_ in enumerate(looks, 1) if clipping.hear(look_)]
    assert changed == [250, 500]
    assert clipping.bad is False
    assert CLIPPING_S * HOPS_S == 125


def test_a_cough_at_the_end_of_the_scale_is_not_clipping():
    clipping = Clipping()
    assert not any(clipping.hear(Looks(HOP, "sound", 10 if hop % 25 == 0 else 0)) for hop in range(500))
