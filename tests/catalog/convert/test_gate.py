import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edged.catalog.artifact import Canary, Slot
from edged.catalog.convert.gate import LARGEST_ERROR, canary_problem, examine

ONE = Slot("alexa", "1" * 64, 0, 1)
JARVIS = Slot("jarvis", "2" * 64, 0, 1, switch=0.5)
SCORES = arrays(np.float32, (20, 1), elements=st.floats(0, 1, width=32))


def rows(*values) -> np.ndarray:
    return np.array(values, np.float32)


@given(SCORES, SCORES, st.sampled_from(["fp16", "int8"]), st.floats(0.1, 0.9))
def test_what_passes_is_close_everywhere_and_on_the_right_side(expected, found, precision, threshold):
    finding = examine(ONE, threshold, (0,), expected, found, precision)
    close = np.abs(found - expected).max() <= LARGEST_ERROR[precision]
    same = ((found >= threshold) == (expected >= threshold)).all()
    assert (finding.problem == "") == (close and same)
    assert finding.heard == (expected >= threshold).sum()


def test_a_refusal_says_its_numbers():
    said = examine(ONE, 0.5, (0,), rows([0.1], [0.2]), rows([0.1], [0.23]), "fp16").problem
    assert said == "its fp16 scores differ by up to 0.030 on 2 windows, 0.02 is allowed"
    said = examine(ONE, 0.5, (0,), rows([0.1], [0.499]), rows([0.1], [0.501]), "int8").problem
    assert said == (
        "in int8 1 of 2 windows are on the other side of its threshold 0.5 (0.5010 instead of 0.4990), "
        "none may be"
    )


def test_none_of_them_may_flip_and_a_word_may_not():
    timer = Slot("timer", "3" * 64, 0, 2)
    before, after = rows([0.499, 0.1]), rows([0.501, 0.1])
    assert examine(timer, 0.5, (1,), before, after, "fp16").problem == ""
    assert "other side" in examine(timer, 0.5, (0, 1), before, after, "fp16").problem


def test_a_switch_that_tips_over_is_a_flip_although_both_branches_are_close():
    """Just under 0.5 the first score counts, just over it the second, which may say something else."""
    finding = examine(JARVIS, 0.5, (0,), rows([0.4999, 0.95]), rows([0.5001, 0.95]), "fp16")
    assert (finding.flips, finding.error < 0.001) == (1, True)
    assert "0.9500 instead of 0.4999" in finding.problem


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_no_number_is_no_score(wrong):
    assert "NaN or infinity" in examine(ONE, 0.5, (0,), rows([0.1]), rows([wrong]), "fp16").problem


def test_the_canary_is_judged_by_its_own_tolerance():
    canary = Canary(1, 7, 0.03)
    assert canary_problem(canary, rows([0, 1.0]), rows([0, 1.02])) == ""
    assert "differs by 0.040" in canary_problem(canary, rows([0, 1.0]), rows([0, 1.04]))
    assert canary_problem(None, rows([0, 1.0]), rows([0, 9.0])) == ""
