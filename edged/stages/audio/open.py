"""From a SPEC to its source."""

import logging
import sys
from io import BufferedReader, UnsupportedOperation
from typing import TYPE_CHECKING, cast

from edged.errors import AudioInputError
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.pipe import Pipe
from edged.stages.audio.recording import Recording
from edged.stages.audio.source import Source
from edged.stages.audio.spec import ArecordSpec, MicSpec, StdinSpec, WavSpec, WyomingSpec, parse
from edged.stages.audio.stdin import Bytes, Stdin

if TYPE_CHECKING:
    from edged.stages.audio.cards import Card

log = logging.getLogger(__name__)


def open_source(spec: str, intake: Intake = AS_IT_IS) -> Source:
    """Open what a SPEC asks for; a live source is open once its first sound came, `live.OPEN_S` at most.

    Raises:
        ConfigError: Not a SPEC, or what never can be opened here: a program is not installed, ALSA knows no
            such PCM, the channel is not there.
        AudioInputError: It cannot be read as sound.
        AudioDeviceLost: Live sources: absent, busy, forbidden or silent now; that may change.
    """
    asked = parse(spec)
    if isinstance(asked, WavSpec):
        return Recording(asked.path, intake)
    if isinstance(asked, StdinSpec):
        return _stdin(asked.rate, intake)
    return _live(asked, intake)


def _live(asked: MicSpec | ArecordSpec | WyomingSpec, intake: Intake) -> Source:
    """Open a live source; what one kind needs is imported for that kind only."""
    from edged.stages.audio.live import Live

    if isinstance(asked, WyomingSpec):
        from edged.stages.audio.wyoming_mic import WyomingMic

        _mix(intake, str(asked), None)
        return Live(WyomingMic(asked), intake)
    if isinstance(asked, ArecordSpec):
        from edged.stages.audio.arecord import Arecord, card_of

        if intake.mixer:
            _mix(intake, f"arecord:{asked.pcm}", card_of(asked.pcm))
        return Live(Arecord(asked.pcm, intake), intake)
    from edged.stages.audio.cards import capture_cards
    from edged.stages.audio.microphone import Microphone
    from edged.stages.audio.which import take

    card = take(asked.name, capture_cards(), intake.microphones)
    _mix(intake, f"mic:{asked.name}", card)
    return Live(Microphone(asked.name, card, intake), intake)


def _mix(intake: Intake, spec: str, card: "Card | None") -> None:
    """Set the mixer of a card, or say that there is none to set."""
    if not intake.mixer:
        return
    if card is None:
        log.warning("audio.mixer: not set: %s names no card that is here", spec)
        return
    from edged.stages.audio.mixer import set_mixer

    set_mixer(card.id, intake.mixer)


def _stdin(rate: int, intake: Intake) -> Source:
    if sys.stdin is None or sys.stdin.closed:  # pyright: ignore[reportUnnecessaryComparison]  # a daemon's
        raise AudioInputError("stdin: closed; connect a pipe of raw samples")
    if sys.stdin.isatty():
        raise AudioInputError("stdin: a terminal; connect a pipe of raw samples")
    return Stdin(_standard_input(), rate, intake)


def _standard_input() -> Bytes:
    try:
        return Pipe(sys.stdin.fileno())
    except UnsupportedOperation:  # replaced by something in memory
        return cast("BufferedReader", sys.stdin.buffer)
