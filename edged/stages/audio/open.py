"""From a SPEC to its source."""

import sys
from io import BufferedReader, UnsupportedOperation
from typing import cast

from edged.errors import AudioInputError
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.pipe import Pipe
from edged.stages.audio.recording import Recording
from edged.stages.audio.source import Source
from edged.stages.audio.spec import WavSpec, parse
from edged.stages.audio.stdin import Bytes, Stdin


def open_source(spec: str, intake: Intake = AS_IT_IS) -> Source:
    """Open what a SPEC asks for.

    Raises:
        ConfigError: Not a SPEC, or one of a kind that is not built yet.
        AudioInputError: It cannot be read as sound.
    """
    asked = parse(spec)
    if isinstance(asked, WavSpec):
        return Recording(asked.path, intake)
    if sys.stdin is None or sys.stdin.closed:  # pyright: ignore[reportUnnecessaryComparison]  # a daemon's
        raise AudioInputError("stdin: closed; connect a pipe of raw samples")
    if sys.stdin.isatty():
        raise AudioInputError("stdin: a terminal; connect a pipe of raw samples")
    return Stdin(_standard_input(), asked.rate, intake)


def _standard_input() -> Bytes:
    try:
        return Pipe(sys.stdin.fileno())
    except UnsupportedOperation:  # replaced by something in memory
        return cast("BufferedReader", sys.stdin.buffer)
