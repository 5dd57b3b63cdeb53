"""A thread that waits is woken by any other, and never by a ring that it took note of."""

import select
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.bell import Bell


@pytest.fixture
def bell():
    bell = Bell()
    yield bell
    bell.close()


def rings(bell: Bell) -> bool:
    poll = select.poll()
    poll.register(bell, select.POLLIN)
    return bool(poll.poll(0))


@given(st.lists(st.sampled_from(["ring", "hush", "wait"]), max_size=20))
def test_it_rings_from_the_first_ring_until_that_is_noted(acts):
    bell, rung = Bell(), False
    for act in acts:
        match act:
            case "ring":
                bell.ring()
                rung = True
            case "hush":
                bell.hush()
                rung = False
            case "wait":
                bell.wait(0)
                rung = False
        assert rings(bell) is rung
    bell.close()


def test_a_ring_of_another_thread_ends_a_wait(bell):
    thread = threading.Thread(target=bell.ring)
    thread.start()
    bell.wait(60)
    thread.join()
    assert not rings(bell)


def test_nobody_waits_for_one_who_does_not_listen(bell):
    for _ in range(10_000):
        bell.ring()
    assert rings(bell)


def test_a_ring_after_the_end_is_nothing():
    bell = Bell()
    bell.close()
    bell.ring()
