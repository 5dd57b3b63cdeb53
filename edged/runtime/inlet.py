"""Where sound comes in: a recording or a pipe that is played to its end, or microphones that are captured."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edged.config.schema import Config
from edged.errors import ConfigError
from edged.messages import Body, Frame
from edged.runtime.capture import Capture, Outside
from edged.runtime.reader import Reader
from edged.runtime.retry import cards
from edged.runtime.tally import Sound
from edged.stages.audio.health import look
from edged.stages.audio.intake import Intake
from edged.stages.audio.open import open_source
from edged.stages.audio.pace import paced
from edged.stages.audio.source import Source
from edged.stages.audio.spec import StdinSpec, WavSpec, parse
from edged.stages.audio.tidy import Tidy


class Inlet(Protocol):
    """What the pipeline moves and asks."""

    @property
    def name(self) -> str:
        """Name of the stream in events."""
        ...

    @property
    def live(self) -> bool:
        """Whether sound is lost where nobody takes it."""
        ...

    @property
    def spec(self) -> str:
        """SPEC of what is heard."""
        ...

    @property
    def away(self) -> str | None:
        """Why no sound comes; None while it does."""
        ...

    def step(self) -> bool:
        """Move a frame, or wait a little; False at the end."""
        ...

    def interrupt(self) -> None:
        """End a wait for sound; from any thread."""
        ...

    def close(self) -> None:
        """Let go of it, once no step runs any more."""
        ...


@dataclass(frozen=True, slots=True)
class Inside:
    """What an inlet needs of the pipeline behind it."""

    sound: Sound
    put: Callable[[Frame, float], object]
    """Takes a frame and the perf_counter when its last sample was there."""
    emit: Callable[[int, Body], object]
    """Takes an event and its sample index."""
    in_command: Callable[[], bool]
    wait: Callable[[float], object]
    """Waits seconds, less where the run ends."""


class Playback:
    """Plays a recording or a pipe to its end."""

    live = False
    away = None

    def __init__(self, spec: str, source: Source, inside: Inside) -> None:
        self.spec = spec
        self.name = source.name
        self._source = source
        self._inside = inside

    def step(self) -> bool:
        """Move a frame; see `Inlet`."""
        frame = self._source.read()
        if frame is None:
            return False
        self._inside.sound.add(look(frame.pcm))
        self._inside.put(frame, time.perf_counter())
        return True

    def interrupt(self) -> None:
        """End a wait; see `Inlet`."""
        self._source.interrupt()

    def close(self) -> None:
        """Close file or pipe; see `Inlet`."""
        self._source.close()


def open_inlet(config: Config, fast: bool, inside: Inside) -> Inlet:
    """Open a recording or a pipe; a microphone is opened by the first step, since it may be away.

    fast: a recording is played as fast as the path takes it instead of as it was spoken.

    Raises:
        ConfigError: a source is no SPEC, or one that cannot be captured stands in `audio.others`.
        AudioInputError: the recording cannot be read as sound.
    """
    audio = config.audio
    live = is_live(audio.source)
    for other in audio.others:
        if not live or not is_live(other):
            which = f'"{other}"' if live else f'instead of "{audio.source}"'
            raise ConfigError(f"[audio] others: only microphones stand in for a microphone, not {which}")
    if live:
        return Capture((audio.source, *audio.others), inside.sound, _outside(config, inside))
    source = open_source(audio.source, Intake(channel=audio.channel, gain_db=audio.gain_db))
    # a recording is played as it was spoken; a pipe brings its own pace
    played = source.name == "wav" and not fast
    return Playback(audio.source, paced(source, time.monotonic, inside.wait) if played else source, inside)


def is_live(spec: str) -> bool:
    """Tell whether a SPEC is of a kind that goes on for ever and may be away.

    Raises:
        ConfigError: not a SPEC.
    """
    return not isinstance(parse(spec), WavSpec | StdinSpec)


def _outside(config: Config, inside: Inside) -> Outside:
    audio = config.audio
    intake = Intake(audio.channel, audio.gain_db, mixer=audio.mixer, microphones=config.board.microphones)

    def read(spec: str) -> Reader:
        return Reader(spec, lambda: open_source(spec, intake), time.perf_counter)

    return Outside(
        read=read,
        tidy=lambda: Tidy(audio.remove_dc, audio.dither).push,
        put=inside.put,
        emit=inside.emit,
        in_command=inside.in_command,
        clock=time.perf_counter,
        wait=inside.wait,
        cards=cards,
    )
