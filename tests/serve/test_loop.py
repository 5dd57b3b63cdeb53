"""The loop does what other threads ask, tells its lateness, and ends with everything cancelled."""

import asyncio
import threading

import pytest

from edged.serve.loop import Loop


@pytest.fixture
def loop():
    loop = Loop()
    loop.start()
    yield loop
    if loop.alive:
        loop.stop()


def test_work_is_done_on_the_loop_and_its_result_returned(loop):
    async def where() -> str:
        return threading.current_thread().name

    assert loop.run(where(), 10) == "serve"


def test_work_that_takes_too_long_is_cancelled(loop):
    cancelled = threading.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(TimeoutError):
        loop.run(forever(), 0.05)
    assert cancelled.wait(10)


def test_stopping_cancels_what_still_runs(loop):
    told = threading.Event()

    async def linger() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.set()

    async def begin() -> asyncio.Task[None]:
        task = asyncio.ensure_future(linger())
        await asyncio.sleep(0)
        return task

    loop.run(begin(), 10)
    loop.stop()
    assert told.is_set()
    assert not loop.alive


def test_a_loop_that_was_never_started_can_be_stopped():
    loop = Loop()
    loop.stop()
    assert not loop.alive


def test_it_looks_at_itself(loop):
    async def two_looks() -> None:
        first = loop.beat
        while loop.beat == first:
            await asyncio.sleep(0.01)

    loop.run(two_looks(), 10)
    assert len(loop.lag_s) >= 2
