"""Tells a server of a wake word and sends it the command's sound, as far as it is that command's turn."""

import logging

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.pipeline import PipelineStage, RunPipeline
from wyoming.satellite import StreamingStarted, StreamingStopped
from wyoming.wake import Detection

from edged.geometry import SAMPLE_RATE
from edged.serve.wyoming.satellite.deck import Command, Deck
from edged.serve.wyoming.satellite.turns import Turns
from edged.serve.wyoming.wire import Wire

log = logging.getLogger(__name__)

FORM = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}


class Sender:
    """Used by one task. What is to be sent may change whenever it waits for the server."""

    def __init__(self, wire: Wire, deck: Deck, turns: Turns, last: PipelineStage, server: str) -> None:
        """`last`: what the server is to do with a command in the end."""
        self._last = last
        self._wire = wire
        self._deck = deck
        self._turns = turns
        self._server = server
        self._seen: Command | None = deck.newest  # began before the server came
        self._sent: Command | None = None
        """What the server was told of and not told the end of."""
        self._at = 0
        self._lost = 0

    async def catch_up(self) -> None:
        """Say and send what there is.

        Raises:
            ConnectionError: the server left.
            TimeoutError: it does not read.
        """
        while await self._step():
            continue

    def close(self) -> None:
        """Say in the log what the server lost."""
        if self._lost:
            seconds = self._lost / SAMPLE_RATE
            log.warning(
                "wyoming: %s took sound too late: %.2f s of a command were lost", self._server, seconds
            )
        self._lost = 0

    async def _step(self) -> bool:
        """Do one thing; return whether there may be more."""
        newest = self._deck.newest
        if newest is not None and newest is not self._seen:
            self._seen = newest
            if self._turns.wake(newest.number) and self._sent is not None:
                self._lost += max(0, (self._sent.stop or 0) - self._at)
        if self._sent is not None and self._sent.number != self._turns.sending:
            await self._end()
            return True
        if self._sent is None:
            if newest is None or newest.number != self._turns.sending:
                return False
            self._sent, self._at = newest, newest.start
            await self._begin(newest)
            return True
        piece = self._deck.read(self._sent, self._at)
        self._lost += piece.start - self._at
        self._at = piece.end
        if len(piece.pcm):
            audio = piece.pcm.astype("<i2").tobytes()
            await self._wire.write(AudioChunk(**FORM, audio=audio, timestamp=_ms(piece.start)))
        if piece.last:
            self._turns.over(self._sent.number)
        return len(piece.pcm) > 0 or piece.last

    async def _begin(self, command: Command) -> None:
        if command.word is not None:
            await self._wire.write(Detection(name=command.word, timestamp=_ms(command.woken)))
        run = RunPipeline(PipelineStage.ASR, self._last, wake_word_name=command.word)
        await self._wire.write(run)
        await self._wire.write(StreamingStarted())
        await self._wire.write(AudioStart(**FORM, timestamp=_ms(command.start)))

    async def _end(self) -> None:
        self._sent = None
        self.close()
        await self._wire.write(AudioStop(timestamp=_ms(self._at)))
        await self._wire.write(StreamingStopped())


def _ms(sample: int) -> int:
    return sample * 1000 // SAMPLE_RATE
