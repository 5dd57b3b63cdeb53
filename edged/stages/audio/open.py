"""From a SPEC to its source."""

import sys
from io import BufferedIOBase
from typing import cast

from edged.errors import AudioInputError
from edged.stages.audio.convert import Channel
from edged.stages.audio.recording import Recording
from edged.stages.audio.source import Source
from edged.stages.audio.spec import WavSpec, parse
from edged.stages.audio.stdin import Stdin


def open_source(spec: str, *, channel: Channel = "mix", gain_db: float = 0.0) -> Source:
    """Open what a SPEC asks for.

    Raises:
        ConfigError: Not a SPEC, or one of a kind that is not built yet.
        AudioInputError: It cannot be read as sound.
    """
    asked = parse(spec)
    if isinstance(asked, WavSpec):
        return Recording(asked.path, channel=channel, gain_db=gain_db)
    if sys.stdin is None or sys.stdin.closed:  # pyright: ignore[reportUnnecessaryComparison]  # a daemon's
        raise AudioInputError("stdin: closed; connect a pipe of raw samples")
    if sys.stdin.isatty():
        raise AudioInputError("stdin: a terminal; connect a pipe of raw samples")
    stream = cast("BufferedIOBase", sys.stdin.buffer)
    return Stdin(stream, asked.rate, channel=channel, gain_db=gain_db)
