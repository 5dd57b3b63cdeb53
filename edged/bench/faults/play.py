"""Faults in a row, each played to a daemon of its own on one loop of sound."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edged.backends.backend import Pcm
from edged.bench.faults.scenarios import SCENARIOS
from edged.bench.faults.subject import Microphone
from edged.bench.soak import loop_of
from edged.errors import ConfigError, EdgedError


def play(sounds: Sequence[Pcm], config: Path | None, only: Sequence[str] = ()) -> dict[str, Any]:
    """Play faults to real daemons; takes about half a minute each.

    Args:
        sounds: shape (n,) each, int16, 16 kHz: the wake word and a command, played again and again.
        config: as `edged run -c`.
        only: names of `SCENARIOS`; none: all.

    Returns:
        What was measured by name of the fault; `failed` where a daemon did not do what is measured at all.

    Raises:
        ConfigError: there is no such fault.
    """
    if unknown := [name for name in only if name not in SCENARIOS]:
        raise ConfigError(f"unknown fault {', '.join(unknown)}; known: {', '.join(SCENARIOS)}")
    found: dict[str, Any] = {"bench": "faults"}
    for name in only or SCENARIOS:
        sys.stderr.write(f"playing: {name}\n")
        with tempfile.TemporaryDirectory(prefix="edged-faults-") as folder:
            try:
                found[name] = SCENARIOS[name](Microphone(Path(folder), loop_of(sounds)), config)
            except EdgedError as exc:
                found[name] = {"failed": str(exc)}
    return found
