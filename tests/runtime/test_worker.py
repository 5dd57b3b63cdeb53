"""A worker ends when told, when done, or when it breaks, and says which."""

import os
import threading

import pytest

from edged.errors import StageStalled
from edged.runtime.worker import Worker


def test_runs_until_its_step_is_done():
    steps = iter([True, True, False])
    ended = threading.Event()
    worker = Worker("path", lambda: next(steps), lambda _: ended.set())
    worker.start()
    assert ended.wait(10)
    worker.join(10)
    assert worker.failure is None
    assert list(steps) == []


def test_keeps_what_broke_it_and_tells_once():
    told = []

    def step() -> bool:
        raise OSError("the microphone is gone")

    worker = Worker("capture", step, told.append)
    worker.start()
    worker.join(10)
    assert told == [worker]
    assert isinstance(worker.failure, OSError)


def test_stops_between_two_steps_when_told():
    worker = Worker("path", lambda: True, lambda _: None)
    worker.start()
    worker.tell_to_stop()
    worker.join(10)  # raises where the thread goes on
    assert worker.failure is None


def test_a_thread_that_will_not_end_is_named():
    release = threading.Event()
    worker = Worker("recognize", lambda: not release.wait(30), lambda _: None)
    worker.start()
    worker.tell_to_stop()
    with pytest.raises(StageStalled, match="recognize"):
        worker.join(0.01)
    release.set()
    worker.join(10)


def test_a_worker_never_started_has_nothing_to_wait_for():
    Worker("path", lambda: True, lambda _: None).join(1)


def test_a_worker_runs_where_it_was_put_and_nobody_else_moves():
    before = os.sched_getaffinity(0)
    seen: list[set[int]] = []
    worker = Worker(
        "w", lambda: bool(seen.append(os.sched_getaffinity(0))), lambda _: None, cpus={max(before)}
    )
    worker.start()
    worker.join(5)
    assert seen == [{max(before)}]
    assert os.sched_getaffinity(0) == before
