"""What edged tells a Wyoming client of itself: the words and the recognizer that are really there."""

from collections.abc import Mapping

from wyoming.audio import AudioFormat
from wyoming.info import (
    AsrModel,
    AsrProgram,
    Attribution,
    Info,
    MicProgram,
    Satellite,
    WakeModel,
    WakeProgram,
)

from edged import __version__
from edged.catalog.manifest import Model
from edged.geometry import SAMPLE_RATE
from edged.serve.wyoming.words import phrase


def info(
    words: Mapping[str, Model], recognizer: Model | None, languages: tuple[str, ...], microphone: bool = False
) -> Info:
    """Return the answer to `describe`.

    Args:
        words: the head behind each configured word.
        recognizer: None where recognizing is switched off.
        languages: that it speaks.
        microphone: whether its sound is sent.
    """
    wakes = [
        WakeModel(
            name=word,
            attribution=_of(model),
            installed=True,
            description=phrase(word),
            version=model.version or None,
            languages=list(model.languages),
            phrase=phrase(word),
        )
        for word, model in words.items()
    ]
    # openwakeword: the name that Home Assistant and satellites know; edged takes its place
    program = WakeProgram(
        name="openwakeword",
        attribution=Attribution("edged", ""),
        installed=True,
        description="edged: wake words of openWakeWord's form, on this board",
        version=__version__,
        models=wakes,
    )
    return Info(
        wake=[program],
        asr=[_asr(recognizer, languages)] if recognizer else [],
        mic=[_mic()] if microphone else [],
    )


def satellite_info(name: str, area: str, words: Mapping[str, Model]) -> Info:
    """Return the answer to `describe` of the satellite, whose server wants to know how its words are spoken.

    Args:
        name: what the box is called.
        area: where it stands; empty: nobody said.
        words: the head behind each configured word.
    """
    about = info(words, None, ())
    about.satellite = Satellite(
        name=name,
        attribution=Attribution("edged", ""),
        installed=True,
        description="edged: wakes and finds the end of a command on this board",
        version=__version__,
        area=area or None,
        has_vad=True,
        active_wake_words=list(words),
        max_active_wake_words=len(words),
        supports_trigger=False,
    )
    return about


def _mic() -> MicProgram:
    return MicProgram(
        name="edged",
        attribution=Attribution("edged", ""),
        installed=True,
        description="edged: the sound of this board's microphone, for who connects and asks nothing",
        version=__version__,
        mic_format=AudioFormat(rate=SAMPLE_RATE, width=2, channels=1),
    )


def _asr(model: Model, languages: tuple[str, ...]) -> AsrProgram:
    return AsrProgram(
        name="edged",
        attribution=Attribution("edged", ""),
        installed=True,
        description="edged: recognition on this board, with an endpoint of its own",
        version=__version__,
        models=[
            AsrModel(
                name=model.name,
                attribution=_of(model),
                installed=True,
                description=model.description or model.name,
                version=model.version or None,
                languages=list(languages),
            )
        ],
        supports_transcript_streaming=True,
        requires_external_vad=False,
        prefers_auto_gain_enabled=False,
        prefers_noise_reduction_enabled=False,
    )


def _of(model: Model) -> Attribution:
    return Attribution(model.attribution or model.name, model.source if "://" in model.source else "")
