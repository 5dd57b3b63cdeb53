"""What listening needs of the sound just heard: a ring addressed by sample index."""

from typing import Protocol

from edged.backends.backend import Pcm


class Recent(Protocol):
    """The last seconds of one stream."""

    @property
    def start(self) -> int:
        """Index of the oldest sample held."""
        ...

    @property
    def end(self) -> int:
        """Index after the newest sample."""
        ...

    def read(self, start: int, stop: int) -> Pcm:
        """Return samples start..stop; IndexError where part of them is not held."""
        ...
