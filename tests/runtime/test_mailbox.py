"""A mailbox is a plain list with a bound, and it counts what it drops."""

import threading
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.runtime.mailbox import Closed, Mailbox


@given(st.integers(1, 8), st.lists(st.one_of(st.integers(), st.none())))
def test_holds_the_newest_items_in_order_and_counts_the_lost(depth, actions):
    box: Mailbox[int] = Mailbox("frames", depth)
    model: deque[int] = deque()
    lost = 0
    for action in actions:
        if action is None:
            assert box.get(timeout_s=0) == (model.popleft() if model else None)
        else:
            dropped = box.put(action)
            if len(model) == depth:
                lost += 1
                assert dropped == model.popleft()
            model.append(action)
        assert len(box) == len(model) <= depth
    assert box.dropped == lost


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers())))
def test_a_newer_item_takes_the_place_of_a_waiting_one_with_its_key(puts):
    box: Mailbox[tuple[str, int]] = Mailbox(
        "sink", 50, replaces=lambda item: item[0] if item[0] != "c" else None
    )
    for item in puts:
        box.put(item)
    newest = {key: value for key, value in puts if key != "c"}
    taken = []
    while (item := box.get(timeout_s=0)) is not None:
        taken.append(item)
    assert [i for i in taken if i[0] == "c"] == [i for i in puts if i[0] == "c"][-50:]
    assert {k: v for k, v in taken if k != "c"} == newest
    assert len([i for i in taken if i[0] != "c"]) == len(newest)


def test_a_waiting_writer_loses_nothing():
    box: Mailbox[int] = Mailbox("recording", 2, full="wait")
    writer = threading.Thread(target=lambda: [box.put(n) for n in range(200)] and box.close())
    writer.start()
    taken = []
    with pytest.raises(Closed):
        while True:
            taken.append(box.get(timeout_s=10))
    writer.join(10)
    assert taken == list(range(200))
    assert box.dropped == 0


def test_closing_lets_nothing_in_and_everything_out():
    box: Mailbox[int] = Mailbox("frames", 3)
    box.put(1)
    box.close()
    assert box.put(2) == 2
    assert box.get() == 1
    with pytest.raises(Closed, match="frames"):
        box.get()


def test_closing_frees_a_writer_that_waits():
    box: Mailbox[int] = Mailbox("recording", 1, full="wait")
    box.put(1)
    writer = threading.Thread(target=box.put, args=(2,))
    writer.start()
    box.close()
    writer.join(10)
    assert not writer.is_alive()


def test_a_depth_of_none_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        Mailbox("frames", 0)


def test_in_a_hurry_a_waiting_writer_goes_on_and_the_oldest_is_lost():
    box: Mailbox[int] = Mailbox("recording", 1, full="wait")
    box.put(1)
    writer = threading.Thread(target=box.put, args=(2,))
    writer.start()
    box.hurry(timeout_s=0)
    writer.join(10)
    assert not writer.is_alive()
    assert box.put(3) == 2
    assert box.get(timeout_s=0) == 3
    assert box.dropped == 2


def test_before_the_hurry_a_reader_gets_its_time():
    box: Mailbox[int] = Mailbox("recording", 1, full="wait")
    box.put(1)
    reader = threading.Thread(target=box.get)
    reader.start()
    box.hurry(timeout_s=60)
    reader.join(10)
    box.put(2)
    assert box.dropped == 0


def test_where_what_waits_was_promised_the_newest_is_refused_and_counted():
    box: Mailbox[int] = Mailbox("clips", 2, full="refuse")
    assert [box.put(number) for number in (1, 2, 3)] == [None, None, 3]
    assert box.dropped == 1
    assert [box.get(timeout_s=0), box.get(timeout_s=0), box.get(timeout_s=0)] == [1, 2, None]
