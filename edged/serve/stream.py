"""One network stream as its front end sees it: sound in, events out, both by `await`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from edged.errors import EdgedError
from edged.geometry import SAMPLE_RATE
from edged.messages import Body, EndpointReason, Event, Final, Listening, Lost
from edged.runtime.ears import Ears, Hearer
from edged.runtime.inflow import Inflow
from edged.runtime.mailbox import Closed
from edged.runtime.outlet import replaced_by_newer
from edged.runtime.outlets import Emit, stamped
from edged.serve.inbox import Inbox
from edged.stages.recognize.recognizer import Pcm

DEPTH = 64
"""Events that may wait for a client; partials and scores that still wait are replaced by newer ones."""

PIECE = SAMPLE_RATE
"""Most samples put in one go: the loop must not be held up by a large message."""


class StreamFailed(EdgedError):
    """A stream can go on no further; the sentence is for its client."""


class Stream:
    """Made by `Reception`; used on the loop, but for `emit`."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        """Prepare; nothing is heard before `attach`."""
        self.name = name
        self._loop = loop
        self._on_gone: list[Callable[[], object]] = []  # one for each thing that was opened for it
        self._inbox: Inbox[Event] = Inbox(f"client {name}", DEPTH, loop, replaced_by_newer)
        self._room = asyncio.Event()
        self._inflow: Inflow | None = None
        self._open = 0  # utterances without their text
        self._heard = False  # the ears have heard everything
        self._failure = ""
        self._gone = False

    def when_gone(self, what: Callable[[], object]) -> None:
        """Have something called once, on the loop, when everything was said or the client left."""
        self._on_gone.append(what)

    def attach(self, ears: Ears, hearer: Hearer) -> None:
        """Give it to the ears."""
        self._inflow = ears.open(self.name, hearer, self._has_room, self._has_heard)

    @property
    def emit(self) -> Emit:
        """What the hearer says its events to, from any thread."""
        return self._emit

    @property
    def dropped(self) -> int:
        """Samples lost because the ears were late."""
        return self._inflow.dropped if self._inflow is not None else 0

    async def put(self, pcm: Pcm, live: bool = False) -> None:
        """Give more sound, shape (n,), any n; waits while the ears have enough.

        live: late sound is worthless: nobody waits, and the oldest goes.

        Raises:
            StreamFailed: this stream can go on no further.
        """
        assert self._inflow is not None
        for at in range(0, len(pcm), PIECE):
            if self._failure:
                raise StreamFailed(self._failure)
            self._room.clear()
            if not self._inflow.put(pcm[at : at + PIECE], live):
                await self._room.wait()

    def end(self, reason: EndpointReason = "end_of_stream") -> None:
        """Say that no more sound comes; the last events follow."""
        if self._inflow is not None:
            self._inflow.end(reason)

    def close(self) -> None:
        """Forget everything at once: the client left, or has what it wanted. Closing twice is allowed."""
        if self._inflow is not None:
            self._inflow.cut()
        self._inbox.close()
        if not self._gone:
            self._gone = True
            for what in reversed(self._on_gone):
                what()

    async def bodies(self) -> AsyncIterator[tuple[int | None, Body]]:
        """Yield utterance and body of each event until the last one; raises as `events`."""
        async for event in self.events():
            yield event.utterance, event.body

    async def timed(self) -> AsyncIterator[tuple[int, Body]]:
        """Yield sample and body of each event until the last one; raises as `events`."""
        async for event in self.events():
            yield event.sample, event.body

    async def events(self) -> AsyncIterator[Event]:
        """Yield each event until the last one.

        Raises:
            StreamFailed: the stream broke, or its client reads too slowly.
        """
        while True:
            try:
                event = await self._inbox.get()
            except Closed:
                break
            yield event
            if self._inbox.dropped:
                raise StreamFailed("answers are read too slowly: some were lost")
        if self._failure:
            raise StreamFailed(self._failure)

    def _emit(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        if isinstance(body, Listening):
            self._tell(self._opened)
        self._inbox.put(stamped(stream, utterance, sample, body))
        if isinstance(body, Final | Lost):
            self._tell(self._answered)

    def _has_room(self) -> None:
        self._tell(self._room.set)

    def _has_heard(self, failure: str) -> None:
        self._tell(self._ended, failure)

    def _opened(self) -> None:
        self._open += 1

    def _answered(self) -> None:
        self._open -= 1
        self._settle()

    def _ended(self, failure: str) -> None:
        self._heard, self._failure = True, failure
        self._room.set()
        self._settle()

    def _settle(self) -> None:
        if self._heard and (self._failure or not self._open):
            self.close()

    def _tell(self, what: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is over
            self._loop.call_soon_threadsafe(what, *arguments)
