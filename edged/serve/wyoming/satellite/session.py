"""One server and the satellite that belongs to it: what it says, and what it is told."""

import asyncio
import logging
from collections.abc import Callable
from typing import cast, get_args

from wyoming.event import Event
from wyoming.ping import Pong
from wyoming.snd import Played

from edged.serve.wyoming.satellite.bell import Bell
from edged.serve.wyoming.satellite.deck import Deck
from edged.serve.wyoming.satellite.pulse import Pulse
from edged.serve.wyoming.satellite.sender import Sender
from edged.serve.wyoming.satellite.turns import Answer, Turns
from edged.serve.wyoming.wire import Wire

log = logging.getLogger(__name__)

ANSWERS: tuple[str, ...] = get_args(Answer)


class Session:
    """Lasts until the connection ends. Answers in its caller's task, sends in one of its own."""

    def __init__(self, wire: Wire, deck: Deck, bell: Bell, server: str, on_close: Callable[[], None]) -> None:
        """`on_close` is called once, when the satellite is free again."""
        self._wire = wire
        self._deck = deck
        self._bell = bell
        self._server = server
        self._on_close: Callable[[], None] | None = on_close
        self._turns = Turns()
        self._sender = Sender(wire, deck, self._turns, server)
        self._pulse = Pulse(wire)
        self._tasks = [
            asyncio.create_task(self._send(), name="wyoming satellite"),
            asyncio.create_task(self._pulse.keep(server), name="wyoming satellite's server"),
        ]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def answer(self, event: Event) -> None:
        """Do what an event of the server asks; others than these are not for a satellite without a speaker.

        Raises:
            ConnectionError: the server left.
            TimeoutError: it does not read.
        """
        match event.type:
            case "run-satellite":
                self._sender.skip()
                self._turns.run()
            case "pause-satellite":
                self._turns.pause()
            case "ping":
                self._pulse.pinged()
                text = event.data.get("text")
                await self._wire.write(Pong(text=text if isinstance(text, str) else None))
            case "pong":
                self._pulse.ponged()
            case "audio-stop":
                # nothing plays it, and Home Assistant waits for whatever is played
                await self._wire.write(Played())
            case said if said in ANSWERS:
                self._turns.answer(cast("Answer", said))
                if said == "error":
                    log.warning("wyoming: %s has no answer to a command: %s", self._server, _sentence(event))
            case _:
                return
        self._bell.ring()

    def close(self) -> None:
        """The server left. Closing twice is allowed."""
        for task in self._tasks:
            task.cancel()
        self._sender.close()
        if self._on_close is not None:
            self._on_close, told = None, self._on_close
            told()

    async def _send(self) -> None:
        try:
            while True:
                await self._bell.heard()
                await self._sender.catch_up()
        except (ConnectionError, TimeoutError) as exc:
            log.warning(
                "wyoming: %s takes nothing from its satellite (%s)", self._server, exc or type(exc).__name__
            )
            self._wire.abort()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A task is over; without it there is nothing to stay connected for."""
        if not task.cancelled() and (broke := task.exception()) is not None:
            log.error("%s broke", task.get_name(), exc_info=broke)
            self._wire.abort()


def _sentence(event: Event) -> str:
    text, code = event.data.get("text"), event.data.get("code")
    return f"{text!r:.200} ({code!r:.40})"
