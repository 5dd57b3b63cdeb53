"""What other threads put in is read on the loop, in order and without a lost wake-up."""

import asyncio
import threading

import pytest

from edged.runtime.mailbox import Closed
from edged.serve.inbox import Inbox


def test_everything_put_by_another_thread_is_read_in_order():
    async def read() -> list[int]:
        inbox: Inbox[int] = Inbox("client", 10_000, asyncio.get_running_loop())

        def write() -> None:
            for number in range(5_000):
                inbox.put(number)
            inbox.close()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            return [number async for number in inbox]
        finally:
            writer.join()

    assert asyncio.run(read()) == list(range(5_000))


def test_a_reader_that_is_late_loses_the_oldest_and_it_is_counted():
    async def read() -> tuple[list[int], int]:
        inbox: Inbox[int] = Inbox("client", 3, asyncio.get_running_loop())
        for number in range(5):
            inbox.put(number)
        inbox.close()
        return [number async for number in inbox], inbox.dropped

    assert asyncio.run(read()) == ([2, 3, 4], 2)


def test_closed_and_read_it_says_so():
    async def read() -> None:
        inbox: Inbox[int] = Inbox("client", 3, asyncio.get_running_loop())
        inbox.close()
        inbox.put(1)
        await inbox.get()

    with pytest.raises(Closed):
        asyncio.run(read())


def test_a_loop_that_is_over_is_no_fault_of_the_writer():
    loop = asyncio.new_event_loop()
    inbox: Inbox[int] = Inbox("client", 3, loop)
    loop.close()
    inbox.put(1)
    inbox.close()
