import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.graphs.canary import canary_weights
from edged.graphs.head_graph import read_heads
from edged.graphs.merged_heads import merge
from tests.graphs.heads import answers, head, windows

OF_16 = ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "hey_nabu_v2")


@settings(max_examples=10)
@given(
    st.lists(st.sampled_from(OF_16), min_size=1, max_size=4), st.one_of(st.none(), st.integers(0, 1 << 40))
)
def test_each_head_answers_at_its_place_as_it_does_alone(names, seed):
    """Also one head twice: their names must not meet."""
    merged = merge(read_heads([(name, head(name)) for name in names]), seed)
    asked = windows(16, 20)
    rows = answers(merged.model, asked)
    assert rows.shape == (20, merged.columns)
    for name, placed in zip(names, merged.placed, strict=True):
        mine = rows[:, placed.at : placed.at + 1]
        if placed.switch is not None:
            mine = np.where(mine >= placed.switch, rows[:, placed.at + 1 : placed.at + 2], mine)
        np.testing.assert_allclose(mine, answers(head(name), asked), atol=2e-6)
    if seed is not None:
        np.testing.assert_allclose(rows[:, -1], asked.reshape(20, -1) @ canary_weights(seed, 16), atol=1e-4)


def test_the_same_heads_give_the_same_bytes():
    """The key of the cache is made of them."""
    first, second = (merge(read_heads([("a", head("alexa")), ("t", head("alexa"))]), 1).model for _ in "12")
    assert first == second


def test_the_canary_tells_a_late_a_transposed_and_a_cut_answer():
    weights, asked = canary_weights(7, 16), windows(16, 50)
    right = asked.reshape(50, -1) @ weights
    transposed = asked.transpose(0, 2, 1).reshape(50, -1) @ weights
    cut = asked.copy()
    cut[:, -1] = 0
    for wrong in (np.roll(right, 1), transposed, cut.reshape(50, -1) @ weights):
        assert np.median(np.abs(wrong - right)) > 0.06
    assert np.unique(np.abs(weights)) == np.float32(4 / 1536)


def test_the_canarys_weights_are_the_same_for_ever():
    """A board compares with those that the file was made with, perhaps years before."""
    signs = (canary_weights(3588, 16)[:12] > 0).astype(int)
    assert "".join(map(str, signs)) == "110111111111"
