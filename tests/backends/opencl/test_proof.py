import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.opencl.proof import HOPS, agree, answers, known_sound
from edged.geometry import EMBEDDING, STEP_SAMPLES


@pytest.fixture(scope="module")
def expected(cpu) -> np.ndarray:
    return answers(cpu.stream(), known_sound())


def test_the_known_sound_is_heard_and_changes(expected):
    steps = known_sound()
    assert {step.shape for step in steps} == {(STEP_SAMPLES,)}
    assert expected.shape == (HOPS, EMBEDDING)
    assert len({row.tobytes() for row in expected}) == HOPS
    assert np.sqrt((expected**2).mean()) > 1


@pytest.mark.parametrize(
    ("precision", "error", "right"),
    [("fp32", 0.9e-3, True), ("fp32", 1.2e-3, False), ("fp16", 1.2e-3, True)],
)
def test_the_gate_is_a_thousandth_of_fp32(expected, precision, error, right):
    mine = expected.copy()
    mine[HOPS - 1, 40] += error
    assert agree(mine, expected, precision) is right


@pytest.mark.parametrize(("scale", "right"), [(1.009, True), (1.011, False)])
def test_the_gate_is_one_percent_of_fp16(expected, scale, right):
    assert agree(expected * np.float32(scale), expected, "fp16") is right


@given(st.integers(0, HOPS - 1), st.integers(0, EMBEDDING - 1), st.sampled_from(["fp32", "fp16"]))
def test_one_nan_is_never_right(hop, place, precision):
    mine = np.ones((HOPS, EMBEDDING), np.float32)
    mine[hop, place] = np.nan
    assert not agree(mine, np.ones_like(mine), precision)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_zeros_are_not_right(expected, precision):
    assert not agree(np.zeros_like(expected), expected, precision)
