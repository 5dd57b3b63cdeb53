"""What changed in the choice of backends and was not told yet."""

from collections import deque

from edged.messages import Body

DEPTH = 64
"""Changes kept while no stream hears; the oldest goes. Links rest half a minute between two failures."""


class Changes:
    """Told by chains, from any thread; taken by whichever stream hears a hop next, each change once."""

    def __init__(self) -> None:
        self.dropped = 0
        self._waiting: deque[Body] = deque()
        self._open = False

    def say(self, body: Body) -> None:
        """Note a change."""
        if len(self._waiting) >= DEPTH:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(body)

    def begin(self) -> None:
        """From now on changes may be taken: `ready` was said."""
        self._open = True

    def take(self) -> list[Body]:
        """Return what was not told yet, oldest first."""
        taken: list[Body] = []
        while self._open and self._waiting:
            try:
                taken.append(self._waiting.popleft())
            except IndexError:  # another stream was faster
                break
        return taken
