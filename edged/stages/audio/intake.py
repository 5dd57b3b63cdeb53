"""What happens to sound between its device and the path, whatever the source."""

from dataclasses import dataclass
from typing import Literal

Channel = Literal["mix"] | int
"""Channel to listen to, counted from 0, or the mean of all."""


@dataclass(frozen=True, slots=True)
class Intake:
    """How a source turns its samples into the path's; the first two hold for all, the rest for live ones."""

    channel: Channel = "mix"
    gain_db: float = 0.0
    """Decibels, before anything else; clipping saturates."""
    mixer: tuple[tuple[str, str], ...] = ()
    """ALSA mixer controls set before capture: name and value, e.g. ("Mic", "60%")."""
    microphones: tuple[str, ...] = ()
    """ALSA card ids of the board's own microphone, for `mic:` without a name."""


AS_IT_IS = Intake()
"""All channels mixed, nothing else done."""
