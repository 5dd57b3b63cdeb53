"""The satellite of one front end: belongs to one server at a time."""

import logging
from collections.abc import Callable
from typing import Protocol

from edged.messages import Event
from edged.runtime.frame_taps import FrameTaps
from edged.serve.admission import Busy
from edged.serve.wyoming.satellite.bell import Bell
from edged.serve.wyoming.satellite.deck import Deck
from edged.serve.wyoming.satellite.session import Session
from edged.serve.wyoming.wire import Wire

log = logging.getLogger(__name__)


class Hears(Protocol):
    """What hears the microphone, as far as a satellite needs it."""

    @property
    def source(self) -> str: ...
    @property
    def heard(self) -> FrameTaps: ...
    def listen(self, tap: Callable[[Event], None]) -> None: ...
    def unlisten(self, tap: Callable[[Event], None]) -> None: ...


class Satellite:
    """Used on the loop."""

    def __init__(self, run: Hears) -> None:
        """`run`: whose wake words and sound the server gets."""
        self._run = run
        self._bell: Bell | None = None
        self._deck = Deck(run.source, self._ring)
        self._server = ""

    def begin(self) -> None:
        """Keep what is heard, from now on."""
        self._bell = Bell()
        self._run.listen(self._deck.told)
        self._run.heard.add(self._deck.heard)

    def end(self) -> None:
        """Keep nothing more. Ending what did not begin is allowed."""
        self._run.heard.remove(self._deck.heard)
        self._run.unlisten(self._deck.told)

    def belong_to(self, server: str, wire: Wire) -> Session:
        """Let a server have the satellite until its session is closed.

        Raises:
            Busy: another one has it. It keeps it: one that is gone is found out within seconds.
        """
        if self._server:
            raise Busy(f"the satellite belongs to {self._server}, and to one server at a time")
        assert self._bell is not None
        self._server = server
        log.info("wyoming: the satellite belongs to %s", server)
        return Session(wire, self._deck, self._bell, server, self._leave)

    def _leave(self) -> None:
        log.info("wyoming: the satellite belongs to %s no more", self._server)
        self._server = ""

    def _ring(self) -> None:
        if self._bell is not None:
            self._bell.ring()
