"""Live sound is tidied as asked and by as much; it is never longer or shorter, whatever the pieces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry import DITHER_RMS, HOP
from edged.stages.audio.dither import STILL
from edged.stages.audio.tidy import Tidy
from tests.sounds import noise
from tests.stages.audio.test_dc import pieces

MUTED = np.concatenate([noise(5, 20, 300.0) + np.int16(2_000), np.zeros(20 * HOP, np.int16)])
"""A microphone with an offset, then muted."""


def rms(pcm: np.ndarray) -> float:
    return float(np.sqrt(np.square(pcm, dtype=np.float64).mean()))


@pytest.mark.parametrize("remove_dc", [True, False])
@pytest.mark.parametrize("dither", [True, False])
def test_each_is_done_where_it_is_wanted_and_only_there(remove_dc, dither):
    pcm = Tidy(remove_dc, dither).push(MUTED)
    assert (pcm is MUTED) is not (remove_dc or dither)
    assert (abs(int(pcm[10 * HOP : 20 * HOP].mean())) < 100) is remove_dc
    assert (rms(pcm[-10 * HOP :]) > 0.9 * DITHER_RMS) is dither


def test_no_stretch_of_a_muted_microphone_is_digital_silence_not_even_while_its_offset_fades():
    pcm = Tidy(remove_dc=True, dither=True).push(MUTED)
    steps = np.diff(pcm[20 * HOP + STILL :].astype(float))
    stretches = steps[: len(steps) // 200 * 200].reshape(-1, 200)
    assert np.sqrt((stretches**2).mean(axis=1)).min() > DITHER_RMS


@settings(max_examples=40)
@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=9))
def test_the_pieces_change_nothing(sizes):
    cut = Tidy(remove_dc=True, dither=True)
    parts = [cut.push(piece) for piece in pieces(MUTED, sizes)]
    whole = Tidy(remove_dc=True, dither=True).push(MUTED)
    assert [len(part) for part in parts] == [len(piece) for piece in pieces(MUTED, sizes)]
    assert np.abs(np.concatenate(parts).astype(int) - whole).max() <= 1
