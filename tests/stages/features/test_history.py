import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry import EMBEDDING, HISTORY
from edged.stages.features.history import History

BEFORE = np.random.RandomState(1).normal(size=(HISTORY, EMBEDDING)).astype(np.float32)


def embedding(number: int) -> np.ndarray:
    return np.arange(EMBEDDING, dtype=np.float32) + 1000 * number


@given(st.integers(0, 90))
def test_holds_the_last_34_embeddings_newest_last_after_what_was_before(count):
    history = History(BEFORE)
    for number in range(count):
        history.push(embedding(number))
    expected = np.concatenate([BEFORE, *(embedding(number)[None] for number in range(count))])[-HISTORY:]
    assert np.array_equal(history.rows, expected)
    assert history.hops == count


@given(st.integers(0, 40), st.integers(1, HISTORY))
def test_warms_until_a_window_holds_only_what_was_heard(count, window):
    history = History(BEFORE)
    for number in range(count):
        history.push(embedding(number))
    unheard = (history.rows[-window:, None] == BEFORE[None]).all(axis=2).any()
    assert history.warming(window) == unheard


def test_reset_forgets():
    history = History(BEFORE)
    history.push(embedding(1))
    history.reset()
    assert history.hops == 0
    assert np.array_equal(history.rows, BEFORE)


def test_a_hop_allocates_no_array_and_rows_stay_in_one_place():
    history, new = History(BEFORE), embedding(1)
    rows = history.rows
    history.push(new)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(200):
            history.push(new)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 200
    assert peak - before < EMBEDDING * 4
    assert history.rows is rows


def test_resumes_where_another_one_was():
    whole, half = History(BEFORE), History(BEFORE)
    for number in range(50):
        whole.push(embedding(number))
        if number == 40:
            half.resume(whole.rows, whole.hops)
        elif number > 40:
            half.push(embedding(number))
    assert np.array_equal(half.rows, whole.rows)
    assert half.hops == whole.hops == 50
