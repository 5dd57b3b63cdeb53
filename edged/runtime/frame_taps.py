"""Whoever is shown the sound that the path hears: added and removed by any thread while it runs."""

import threading
from collections.abc import Callable

from edged.messages import Frame

FrameTap = Callable[[Frame], None]


class FrameTaps:
    """Shows each frame to each tap, on the path: a tap must neither wait nor raise nor change the frame."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._taps: tuple[FrameTap, ...] = ()

    def add(self, tap: FrameTap) -> None:
        """Show it every frame from now on."""
        with self._changing:
            self._taps = (*self._taps, tap)

    def remove(self, tap: FrameTap) -> None:
        """Show it nothing more, but for the frame that is being shown. Removing twice is allowed."""
        with self._changing:
            self._taps = tuple(other for other in self._taps if other != tap)

    def show(self, frame: Frame) -> None:
        """Path: one frame."""
        for tap in self._taps:
            tap(frame)
