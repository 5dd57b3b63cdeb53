"""What clients say becomes text beside each other, within bounds, and nothing of a client that left stays."""

import asyncio

import numpy as np
import pytest

from edged.messages import Final, Partial
from edged.serve.admission import Busy
from edged.serve.reception import Reception
from edged.serve.stream import Stream
from edged.stages.recognize.recognizer import Options
from tests.daemon import TEXT

LONG_S = 60


async def said(stream: Stream) -> list:
    return [body async for _, body in stream.bodies()]


async def dictated(reception: Reception, pcm: np.ndarray, step: int) -> list:
    stream = await reception.dictate("test", "here", Options())
    for at in range(0, len(pcm), step):
        await stream.put(pcm[at : at + step])
    stream.end()
    return await said(stream)


def texts(bodies: list) -> list[str]:
    return [body.text for body in bodies if isinstance(body, Final)]


def test_several_clients_at_once_get_what_each_said(reception, loop, command):
    async def all_at_once() -> list[list]:
        return await asyncio.gather(*(dictated(reception, command, step) for step in (700, 4_000, 100_000)))

    answers = loop.run(all_at_once(), LONG_S)
    assert [texts(bodies) for bodies in answers] == [[TEXT]] * 3
    assert all(any(isinstance(body, Partial) for body in bodies) for bodies in answers)
    assert reception.streams.count == 0


def test_one_stream_too_many_is_refused_in_words(reception, loop):
    async def too_many() -> int:
        streams = [await reception.dictate("test", "here", Options()) for _ in range(4)]
        with pytest.raises(Busy, match="4 streams are open, which is the most"):
            await reception.dictate("test", "here", Options())
        for stream in streams:
            stream.close()
            stream.close()
        return reception.streams.count

    assert loop.run(too_many(), LONG_S) == 0


def test_a_client_that_leaves_in_the_middle_leaves_nothing_behind(reception, loop, command):
    async def leave() -> list:
        stream = await reception.dictate("test", "here", Options())
        await stream.put(command[:20_000])
        stream.close()
        return await dictated(reception, command, 8_000)

    assert texts(loop.run(leave(), LONG_S)) == [TEXT]
    assert reception.streams.count == 0


def test_the_silence_after_an_utterance_is_told(reception, loop, command):
    async def until_silence() -> list[str]:
        silent = asyncio.Event()
        stream = await reception.dictate("test", "here", Options(), "aggressive", silent.set)
        quiet = np.random.default_rng(0).normal(0, 10, 16_000).astype(np.int16)
        await stream.put(np.concatenate([command, quiet]))
        await silent.wait()
        stream.end()
        return texts(await said(stream))

    assert loop.run(until_silence(), LONG_S) == [TEXT]
