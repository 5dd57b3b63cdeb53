"""What every front end is, and what it is given."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edged.config.schema import Config
from edged.runtime.frame_taps import FrameTaps
from edged.runtime.pipeline import Pipeline
from edged.runtime.standing import Standing
from edged.serve.access import Access
from edged.serve.admission import Admission
from edged.serve.reception import Reception
from edged.serve.recordings import Recordings


@dataclass(frozen=True, slots=True)
class Door:
    """What the front ends share."""

    config: Config
    reception: Reception
    access: Access
    connections: Admission
    """Of all front ends together."""
    tls: ssl.SSLContext | None
    recordings: Recordings | None = None
    """None where recognizing is switched off."""
    not_ready: Callable[[], str] = lambda: ""
    """Why edged does not hear; empty where it does."""
    metrics: Callable[[], bytes] = lambda: b""
    """What Prometheus reads."""
    run: Pipeline | None = None
    """What hears the microphone, for whoever shows it."""
    standing: Callable[[], Standing] | None = None
    """How it stands, front ends included."""
    heard: FrameTaps | None = None
    """The sound of the microphone."""


class FrontEnd(Protocol):
    """One protocol on one port."""

    name: str
    """As its table under [serve]."""

    async def start(self) -> int:
        """Listen; return the port.

        Raises:
            OSError: the address cannot be had.
        """
        ...

    async def stop(self) -> None:
        """Take no new client, let go of those there are, within a second."""
        ...
