"""Of a cleaned command every sample is there, in its place, whatever the pieces."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.denoise.command import CONTEXT, CleanCommand
from edged.stages.denoise.speex import FRAME, Suppressor
from tests.stages.denoise.test_speex import hiss, rms, snr_db, syllables

SUPPRESSOR = Suppressor()
"""One for all: a command begins from fresh."""

NOISY = syllables(3 * SAMPLE_RATE) + hiss(3 * SAMPLE_RATE, 400)


def cleaned(before: np.ndarray, pcm: np.ndarray, sizes: list[int]) -> tuple[np.ndarray, list[int]]:
    """The command in pieces, and how many samples were still owed after each."""
    command = CleanCommand(SUPPRESSOR, before)
    at, turn, parts, owed = 0, 0, [], []
    while at < len(pcm):
        size = sizes[turn % len(sizes)]
        parts.append(command.push(pcm[at : at + size]))
        at, turn = min(at + size, len(pcm)), turn + 1
        owed.append(at - sum(map(len, parts)))
    parts.append(command.finish())
    return np.concatenate(parts), owed


@settings(max_examples=40)
@given(
    st.integers(0, 1000),
    st.integers(0, 6000),
    st.lists(st.integers(0, 3000), min_size=1, max_size=6).filter(any),
)
def test_as_many_samples_come_out_as_went_in_soon_and_whatever_the_pieces(before, length, sizes):
    context, pcm = NOISY[:before], NOISY[before : before + length]
    out, owed = cleaned(context, pcm, sizes)
    whole, _ = cleaned(context, pcm, [len(pcm) or 1])
    assert len(out) == len(pcm)
    assert np.array_equal(out, whole)
    assert all(0 <= left < 2 * FRAME for left in owed)


def test_each_sample_stays_in_its_place():
    speech = syllables(3 * SAMPLE_RATE)
    pcm = speech + hiss(len(speech), 20)
    start = SAMPLE_RATE + 77
    out, _ = cleaned(pcm[:start], pcm[start:], [HOP])
    fits = [snr_db(out[HOP : 2 * HOP], speech[start + HOP + shift :][:HOP]) for shift in range(-200, 200)]
    assert int(np.argmax(fits)) - 200 == 0


def test_the_last_samples_are_heard_and_not_faded_out():
    tail = np.concatenate([hiss(2 * SAMPLE_RATE, 30), syllables(SAMPLE_RATE)[:1600]])
    out, _ = cleaned(tail[:SAMPLE_RATE], tail[SAMPLE_RATE:], [HOP])
    assert rms(out[-FRAME // 2 :]) > 0.5 * rms(tail[-FRAME // 2 :])


def test_the_sound_before_a_command_teaches_the_noise():
    noise = hiss(CONTEXT + SAMPLE_RATE, 500)
    taught, _ = cleaned(noise[:CONTEXT], noise[CONTEXT:], [HOP])
    untaught, _ = cleaned(noise[:0], noise[CONTEXT:], [HOP])
    assert rms(taught[:HOP]) < 0.5 * rms(untaught[:HOP])
