"""The browsers that look, and what each of them is still to be told.

Events are remembered always, for there are few; scores, 12.5 a second, are taken only while somebody looks.
"""

import logging
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from edged.messages import Event
from edged.runtime.outlet import replaced_by_newer
from edged.runtime.pipeline import Pipeline
from edged.serve.admission import Admission
from edged.serve.dashboard.told import CHANGES, DECISIONS, told
from edged.serve.inbox import Inbox

log = logging.getLogger(__name__)

MOST = 8
"""Browsers at the same time."""

DEPTH = 256
"""Events that a browser may lag behind; then it is let go, and comes again to see how things are."""

KEPT_DECISIONS, KEPT_CHANGES = 60, 120
"""Events that are shown to whoever comes later."""


@dataclass(frozen=True, slots=True)
class State:
    """How things are, in words of JSON: `state` all of it, `pulse` what changes from moment to moment."""

    kind: str
    json: str


Item = Event | State


def _replaces(item: Item) -> Hashable | None:
    return item.kind if isinstance(item, State) else replaced_by_newer(item)


class Audience:
    """`join` and `leave` on the loop; events come from any thread."""

    def __init__(self, run: Pipeline, transcripts: bool) -> None:
        """Remember from now on."""
        self._run = run
        self._transcripts = transcripts
        self._browsers: tuple[Inbox[Item], ...] = ()
        self.seats = Admission("dashboards", MOST, MOST)
        self._decisions: deque[Event] = deque(maxlen=KEPT_DECISIONS)
        self._changes: deque[Event] = deque(maxlen=KEPT_CHANGES)
        run.listen(self._take)

    @property
    def browsers(self) -> int:
        """How many look."""
        return len(self._browsers)

    @property
    def history(self) -> list[dict[str, Any]]:
        """The events that are remembered, the oldest first."""
        kept = sorted([*self._decisions.copy(), *self._changes.copy()], key=lambda event: event.wall)
        shown = (told(event, self._transcripts) for event in kept)
        return [plain for plain in shown if plain is not None]

    def join(self, inbox: Inbox[Item]) -> None:
        """Tell one more, from now on."""
        self._browsers = (*self._browsers, inbox)
        if len(self._browsers) == 1:
            self._run.listen(self._offer, scores=True)

    def leave(self, inbox: Inbox[Item]) -> None:
        """Tell it nothing more; without browsers nobody counts hops."""
        self._browsers = tuple(each for each in self._browsers if each is not inbox)
        inbox.close()
        if not self._browsers:
            self._run.unlisten(self._offer, scores=True)

    def tell(self, state: State) -> None:
        """Tell every browser how things are."""
        self._offer(state)

    def close(self) -> None:
        """Let everybody go."""
        self._run.unlisten(self._take)
        for inbox in self._browsers:
            self.leave(inbox)

    def _take(self, event: Event) -> None:
        if isinstance(event.body, DECISIONS):
            self._decisions.append(event)
        elif isinstance(event.body, CHANGES):
            self._changes.append(event)
        self._offer(event)

    def _offer(self, item: Item) -> None:
        for inbox in self._browsers:
            inbox.put(item)


def inbox_of(loop: Any) -> Inbox[Item]:
    """Return where a browser's items wait: of scores and states only the newest."""
    return Inbox("dashboard", DEPTH, loop, replaces=_replaces)
