"""The satellite of one front end: belongs to one server at a time."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Protocol

from wyoming.pipeline import PipelineStage

from edged.messages import Assistant, Body, Event
from edged.runtime.frame_taps import FrameTaps
from edged.runtime.outlets import Emit
from edged.serve.admission import Busy
from edged.serve.wyoming.satellite.deck import Deck
from edged.serve.wyoming.satellite.nudge import Nudge
from edged.serve.wyoming.satellite.sender import Sender
from edged.serve.wyoming.satellite.session import Session
from edged.serve.wyoming.satellite.turns import Turns
from edged.serve.wyoming.wire import Wire

log = logging.getLogger(__name__)


class Hears(Protocol):
    """What hears the microphone, as far as a satellite needs it; a `Pipeline`."""

    heard: FrameTaps

    @property
    def source(self) -> str: ...
    @property
    def emit(self) -> Emit: ...
    def listen(self, tap: Callable[[Event], None]) -> None: ...
    def unlisten(self, tap: Callable[[Event], None]) -> None: ...


class Satellite:
    """Used on the loop."""

    def __init__(self, run: Hears, last: str) -> None:
        """Prepare.

        Args:
            run: whose wake words and sound the server gets.
            last: what it is to do with a command in the end, one of Wyoming's stages.
        """
        self._run = run
        self._last = PipelineStage(last)
        self._nudge: Nudge | None = None
        self._deck = Deck(run.source, self._give_nudge)
        self._server = ""

    def begin(self) -> None:
        """Keep what is heard, from now on."""
        self._nudge = Nudge()
        self._run.listen(self._deck.told)
        self._run.heard.add(self._deck.heard)

    def end(self) -> None:
        """Keep nothing more. Ending what did not begin is allowed."""
        self._run.heard.remove(self._deck.heard)
        self._run.unlisten(self._deck.told)

    @contextmanager
    def belonging_to(self, server: str, wire: Wire) -> Generator[Session]:
        """Let a server have the satellite for as long as this lasts.

        Raises:
            Busy: another one has it. It keeps it: one that is gone is found out within seconds.
        """
        if self._server:
            raise Busy(f"the satellite belongs to {self._server}, and to one server at a time")
        assert self._nudge is not None
        self._server = server
        log.info("wyoming: the satellite belongs to %s", server)
        self._tell(Assistant("connected"))
        turns = Turns()
        sender = Sender(wire, self._deck, turns, self._last, server)
        session = Session(wire, turns, sender, self._nudge, server, self._tell)
        try:
            yield session
        finally:
            session.close()
            log.info("wyoming: the satellite belongs to %s no more", server)
            self._server = ""
            self._tell(Assistant("disconnected"))

    def _tell(self, body: Body) -> None:
        self._run.emit(self._run.source, None, self._deck.end, body)

    def _give_nudge(self) -> None:
        if self._nudge is not None:
            self._nudge.give()
