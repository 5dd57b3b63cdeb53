import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.recognize.confidence import certainty, of_tokens

LOG_PROBS = st.lists(st.floats(-50, 0), min_size=1, max_size=20)


@given(LOG_PROBS)
def test_it_lies_between_the_least_and_the_most_sure_token(log_probs):
    found = certainty(log_probs)
    assert math.exp(min(log_probs)) - 1e-4 <= found <= math.exp(max(log_probs)) + 1e-4
    assert 0 <= found <= 1


@pytest.mark.parametrize("log_probs", [[], [math.nan], [-0.5, math.nan], [-math.inf], [-0.1, math.inf]])
def test_what_is_no_probability_is_not_made_one(log_probs):
    assert certainty(log_probs) is None


def test_it_is_there_only_where_every_token_has_one():
    assert of_tokens([-0.1, -0.2], 2) == [-0.1, -0.2]
    assert of_tokens([-0.1], 2) is None
    assert of_tokens([], 2) is None
    assert of_tokens([], 0) is None
