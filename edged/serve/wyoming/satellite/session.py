"""One server and the satellite that belongs to it: what it says, and what it is told."""

import asyncio
import logging
from collections.abc import Callable
from typing import cast, get_args

from wyoming.event import Event
from wyoming.ping import Pong
from wyoming.snd import Played

from edged.messages import Body
from edged.serve.wyoming.satellite.nudge import Nudge
from edged.serve.wyoming.satellite.pulse import Pulse
from edged.serve.wyoming.satellite.sender import Sender
from edged.serve.wyoming.satellite.told import MOST_A_SECOND, Measure, told
from edged.serve.wyoming.satellite.turns import Answer, Turns
from edged.serve.wyoming.wire import Wire

log = logging.getLogger(__name__)

ANSWERS: tuple[str, ...] = get_args(Answer)


class Session:
    """Lasts until the connection ends. Answers in its caller's task, sends in one of its own."""

    def __init__(
        self,
        wire: Wire,
        turns: Turns,
        sender: Sender,
        nudge: Nudge,
        server: str,
        tell: Callable[[Body], None],
    ) -> None:
        """Begin.

        Args:
            wire: to the server.
            turns: what it says decides.
            sender: sends it what they decide.
            nudge: given where there is something to send.
            server: as the log calls it.
            tell: takes what becomes an event of edged.
        """
        self._wire = wire
        self._turns = turns
        self._sender = sender
        self._nudge = nudge
        self._server = server
        self._tell = tell
        self._measure = Measure()
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
        self._tell_of(event)
        match event.type:
            case "run-satellite":
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
        self._nudge.give()

    def close(self) -> None:
        """The server left. Closing twice is allowed."""
        for task in self._tasks:
            task.cancel()
        self._sender.close()

    def _tell_of(self, event: Event) -> None:
        body = told(event)
        if body is None:
            return
        if self._measure.lets(asyncio.get_running_loop().time()):
            self._tell(body)
        elif self._measure.refused == 1:
            log.warning(
                "wyoming: %s says more than %d things a second; not all are told", self._server, MOST_A_SECOND
            )

    async def _send(self) -> None:
        try:
            while True:
                await self._nudge.felt()
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
