"""An utterance without its text: its sound is whole for whoever is asked next, and bounded."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.recognize.held import Held
from edged.stages.recognize.recognizer import Options
from edged.stages.recognize.rung import Rung
from edged.stages.recognize.samples import MAX_SAMPLES


class Recognizer:
    """Stands for one that is open."""


def rung(recognizer=None) -> Rung:
    return Rung("cpu", "usual", lambda on_reply: Recognizer(), recognizer)


@given(st.lists(st.integers(0, MAX_SAMPLES // 3), max_size=6))
def test_its_sound_is_kept_whole_up_to_the_longest_there_may_be(sizes):
    held, sound = Held(Options(), None), np.arange(sum(sizes)).astype(np.int16)
    at = 0
    for size in sizes:
        piece = sound[at : at + size].copy()
        held.keep(piece)
        piece[:] = 0  # its owner may use it again
        at += size
    kept = np.concatenate([*held.pieces, np.empty(0, np.int16)])
    assert held.samples == len(kept) == min(len(sound), MAX_SAMPLES)
    assert np.array_equal(kept, sound[:MAX_SAMPLES])


def test_who_is_given_one_hears_what_comes_only_once_it_heard_what_came():
    first, second = Recognizer(), Recognizer()
    usual, next_one = rung(first), rung(second)
    held = Held(Options(), usual)
    assert (held.recognizer, held.hearer) == (first, first)
    held.lose(usual)
    assert (held.recognizer, held.hearer, held.tried) == (None, None, [usual])
    held.give(next_one)
    assert (held.recognizer, held.hearer) == (second, None)
    held.live = True
    assert held.hearer is second
