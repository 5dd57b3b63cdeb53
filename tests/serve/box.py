"""A box whose path is the test's own hand, and a Wyoming port that is its satellite."""

from dataclasses import replace

import numpy as np

from edged.geometry import HOP
from edged.messages import Activation, Endpoint, Frame, Listening, Ran
from edged.runtime.frame_taps import FrameTaps
from edged.runtime.outlets import Outlets
from edged.serve.front_end import Door


class Box:
    """What the path tells and shows, in its order: the events of a frame, then the frame."""

    source = "mic"

    def __init__(self, *, keeps: bool = True) -> None:
        """`keeps`: in `pcm` all that was heard."""
        self.heard = FrameTaps()
        self._outlets = Outlets([], lossless=False, on_end=lambda worker: None)
        self.listen, self.unlisten, self.emit = (
            self._outlets.listen,
            self._outlets.unlisten,
            self._outlets.emit,
        )
        self.at = 0
        self.number = 0
        self._sound = np.random.default_rng(8)
        self._keeps = keeps
        self._parts: list[np.ndarray] = []

    @property
    def pcm(self) -> np.ndarray:
        return np.concatenate(self._parts)

    def say(self, body, ahead: int = 0) -> None:
        self.emit(self.source, self.number or None, self.at + ahead, body)

    def hear(self, *bodies, hops: int = 1) -> None:
        for body in bodies:
            self.say(body, HOP)
        for _ in range(hops):
            pcm = self._sound.integers(-30_000, 30_000, HOP).astype(np.int16)
            if self._keeps:
                self._parts.append(pcm)
            self.heard.show(Frame(self.at, pcm))
            self.at += HOP

    def wake(self, start: int, word: str = "hey_jarvis") -> None:
        self.number += 1
        self.hear(Activation(word, 0.9, (0.9,), 0.5, start, Ran("cpu", "cpu"), 1.0), Listening(start))

    def end(self, reason="silence") -> None:
        self.hear(Endpoint(reason))


def with_satellite(door: Door, box: Box, **keys: object) -> Door:
    """Return a door to the box whose Wyoming port is a satellite's."""
    config = door.config
    wyoming = config.serve.wyoming.model_copy(update={"satellite": True, "satellite_port": 0, **keys})
    config = config.model_copy(update={"serve": config.serve.model_copy(update={"wyoming": wyoming})})
    return replace(door, config=config, run=box)
