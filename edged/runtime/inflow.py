"""Sound of one network stream on its way to the ears: bounded, with a way to tell its sender to wait."""

import threading
from collections import deque
from collections.abc import Callable

from edged.geometry import HOP
from edged.messages import EndpointReason, Frame
from edged.stages.recognize.recognizer import Pcm

ROOM = 25 * HOP
"""Samples that may wait: two seconds, as between capture and path."""


class Inflow:
    """One writer, and the thread `ears`. Sample positions count from the first that was put."""

    def __init__(
        self, name: str, ring: Callable[[], object], on_room: Callable[[], object] = lambda: None
    ) -> None:
        """Prepare.

        Args:
            name: of the stream.
            ring: wakes the ears.
            on_room: told, in their thread, when a writer that was told to wait may go on.
        """
        self.name = name
        self.dropped = 0
        """Samples lost because the ears were late."""
        self._ring = ring
        self._on_room = on_room
        self._lock = threading.Lock()
        self._pieces: deque[Frame] = deque()  # bounded by ROOM, and what one put brings
        self._held = 0
        self._position = 0
        self._wanted = False
        self._end: EndpointReason | None = None

    @property
    def waiting(self) -> int:
        """Samples that nobody heard yet."""
        return self._held

    @property
    def due(self) -> bool:
        """Whether the ears have something to do for this stream."""
        return bool(self._pieces) or self._end is not None

    def put(self, pcm: Pcm, live: bool = False) -> bool:
        """Add sound of any length; False: that was enough, wait for `on_room` before the next.

        What comes after the end is nobody's and forgotten.

        live: late sound is worthless: the oldest makes room, and the next frame tells of the gap.
        """
        with self._lock:
            if self._end is not None:
                return True
            for at in range(0, len(pcm), HOP):
                self._add(pcm[at : at + HOP], live)
            self._wanted = self._held >= ROOM and not live
            wanted = self._wanted
        self._ring()
        return not wanted

    def end(self, reason: EndpointReason) -> None:
        """No more sound comes: what waits is heard, then the stream ends."""
        with self._lock:
            if self._end is None:
                self._end = reason
        self._ring()

    def cut(self) -> None:
        """The sender is gone: what waits is forgotten."""
        with self._lock:
            self._pieces.clear()
            self._held = 0
            self._end = self._end or "end_of_stream"
        self._ring()

    def take(self) -> Frame | EndpointReason | None:
        """Return the oldest frame, at its end the reason, None where there is neither; for the ears."""
        with self._lock:
            if not self._pieces:
                return self._end
            frame = self._pieces.popleft()
            self._held -= len(frame.pcm)
            tell = self._wanted and self._held <= ROOM // 2
            if tell:
                self._wanted = False
        if tell:
            self._on_room()
        return frame

    def _add(self, piece: Pcm, live: bool) -> None:
        self._pieces.append(Frame(self._position, piece))
        self._position += len(piece)
        self._held += len(piece)
        while live and self._held > ROOM:
            lost = len(self._pieces.popleft().pcm)
            self._held -= lost
            self.dropped += lost
