"""Events to browsers as they happen: server-sent events, bounded in what waits and in how long."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web

from edged.messages import Scores
from edged.runtime.mailbox import Closed
from edged.serve.dashboard.audience import Audience, Item, State, inbox_of
from edged.serve.dashboard.page_files import HEADERS
from edged.serve.dashboard.told import told

log = logging.getLogger(__name__)

PULSE_S = 0.25
"""Seconds between two looks at level and state, while somebody looks."""

STATE_PULSES = 8
"""Pulses between two looks at everything: 2 s."""

SLOW_S = 10.0
"""Seconds that a browser may take nothing in; then it is let go."""


class Show:
    """One for all browsers."""

    def __init__(
        self,
        audience: Audience,
        look: Callable[[], dict[str, Any]],
        glance: Callable[[], dict[str, Any]],
        transcripts: bool,
    ) -> None:
        """Prepare.

        Args:
            audience: who looks.
            look: returns everything; called beside the loop.
            glance: returns what changes from moment to moment.
            transcripts: what was said may be told.
        """
        self._audience = audience
        self._look = look
        self._glance = glance
        self._transcripts = transcripts
        self._beating: asyncio.Task[None] | None = None
        self.let_go = 0
        """Browsers that were too slow."""

    async def to(self, request: web.Request) -> web.StreamResponse:
        """Tell one browser until it leaves, is too slow, or the site is stopped."""
        headers = {**HEADERS, "Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        inbox = inbox_of(asyncio.get_running_loop())
        self._audience.join(inbox)
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat(), name="dashboard pulse")
            self._beating.add_done_callback(_tell_end)
        try:
            await response.write(b"retry: 2000\n\n")
            while not inbox.dropped:
                item = await inbox.get()
                line = self._line(item)
                if line:
                    async with asyncio.timeout(SLOW_S):
                        await response.write(line)
            self._too_slow()
        except TimeoutError:
            self._too_slow()
            if request.transport is not None:
                request.transport.abort()
        except (Closed, ConnectionError):
            pass  # the site is stopped, or the browser left: both as it should be
        finally:
            self._audience.leave(inbox)
        return response

    def _too_slow(self) -> None:
        self.let_go += 1
        log.warning("dashboard: a browser was too slow for the events and is let go")

    def _line(self, item: Item) -> bytes:
        if isinstance(item, State):
            return f"event: {item.kind}\ndata: {item.json}\n\n".encode()
        plain = told(item, self._transcripts)
        if plain is None:
            return b""
        kind = "scores" if isinstance(item.body, Scores) else "event"
        return f"event: {kind}\ndata: {json.dumps(plain, ensure_ascii=False)}\n\n".encode()

    async def _beat(self) -> None:
        """Look for as long as somebody looks at it."""
        pulses = 0
        while self._audience.browsers:
            if pulses % STATE_PULSES == 0:
                state = await asyncio.to_thread(self._look)
                self._audience.tell(State("state", json.dumps(state, ensure_ascii=False)))
            else:
                self._audience.tell(State("pulse", json.dumps(self._glance(), ensure_ascii=False)))
            pulses += 1
            await asyncio.sleep(PULSE_S)


def _tell_end(beating: asyncio.Task[None]) -> None:
    """Events go on without; the next browser begins it anew."""
    if not beating.cancelled() and (broke := beating.exception()) is not None:
        log.error("dashboard: how things are is not told any more", exc_info=broke)
