"""Where orders from outside are taken, whatever way they came: one place that says what a running edged does.

Orders come from the threads of sinks. The path obeys before its next frame, the main thread reads the
configuration at its next look; nobody waits for anybody here.
"""

import dataclasses
import threading
from collections.abc import Callable
from typing import Any, Protocol

from edged.messages import Asker
from edged.runtime.report import Report
from edged.stages.sinks.order import Answer, Order, Reply

MOST_RELOADS = 32
"""Requests to read the configuration that may wait for the main thread; it answers them all at once."""


class Obedient(Protocol):
    """A run, as far as it obeys; each returns why it does not, else None."""

    def mute(self, by: Asker) -> str | None: ...
    def unmute(self, by: Asker) -> str | None: ...
    def trigger(self, by: Asker) -> str | None: ...
    def stop_command(self) -> str | None: ...


class Desk:
    """Takes orders from any thread."""

    def __init__(self) -> None:
        self.socket = ""
        """Where orders can be given on this machine; empty: nowhere."""
        self._run: Obedient | None = None
        self._look: Callable[[], Report] | None = None
        self._reads = False
        self._reloads: list[tuple[Order, Reply]] = []
        self._lock = threading.Lock()

    def attach(self, run: Obedient, socket: str) -> None:
        """Give the run that obeys, and the path of its socket."""
        self._run, self.socket = run, socket

    def watched_by(self, look: Callable[[], Report], reads: bool) -> None:
        """Give who knows how things are; `reads`: whether it also reads the configuration again."""
        self._look, self._reads = look, reads

    def report(self) -> dict[str, Any]:
        """Return how things are, as `edged status --json` tells it; empty where nobody watches the run."""
        return dataclasses.asdict(self._look()) if self._look is not None else {}

    def reloads(self) -> list[tuple[Order, Reply]]:
        """Return the requests to read the configuration that came since the last time."""
        with self._lock:
            waiting, self._reloads = self._reloads, []
        return waiting

    def take(self, order: Order, by: Asker, reply: Reply) -> None:
        """Do what is asked; returns at once, the answer to a reload comes later."""
        if order.name == "reload":
            error = self._ask_reload(order, reply)
            if error is not None:
                reply(Answer(order.name, order.id, error))
            return
        if order.name == "status":
            reply(Answer(order.name, order.id, more={"status": self.report()}))
            return
        reply(Answer(order.name, order.id, self._obey(order, by)))

    def _obey(self, order: Order, by: Asker) -> str | None:
        run = self._run
        if run is None:
            return "edged is still starting"
        match order.name:
            case "mute":
                return run.mute(by)
            case "unmute":
                return run.unmute(by)
            case "trigger":
                return run.trigger(by)
            case "stop":
                return run.stop_command()
            case _:
                return f"`{order.name}` has no meaning here"

    def _ask_reload(self, order: Order, reply: Reply) -> str | None:
        if not self._reads:
            return "this edged was started in a terminal: it reads its configuration once"
        with self._lock:
            if len(self._reloads) >= MOST_RELOADS:
                return f"{MOST_RELOADS} requests to read the configuration wait already"
            self._reloads.append((order, reply))
        return None
