"""What a FunASR client says in its text messages, remembered for the rounds that follow. Pure.

Clients differ in what they leave out and in the types they send; what cannot be understood is a sentence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from edged.stages.recognize.hotwords import parse
from edged.stages.recognize.recognizer import Hotword, Options

Mode = Literal["offline", "online", "2pass"]
MODES: tuple[str, ...] = get_args(Mode)

LONGEST_NAME = 512
UNNAMED = "wav-default-id"


class BadMessage(Exception):
    """A text message that is no JSON object."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What holds for the next round."""

    mode: Mode = "offline"
    name: str = UNNAMED
    form: str = "pcm"
    """`pcm`: samples; anything else: a file as it lies on the client's disk."""
    rate: int = 16_000
    hotwords: tuple[Hotword, ...] = ()
    itn: bool | None = None
    """None: as the configuration says."""
    language: str = ""
    problems: tuple[str, ...] = ()
    """A sentence for each thing that could not be obeyed."""

    @property
    def options(self) -> Options:
        """What each utterance asks of the recognizer."""
        return Options(
            partials=self.mode != "offline", hotwords=self.hotwords, itn=self.itn, language=self.language
        )


@dataclass(frozen=True, slots=True)
class Said:
    """One text message."""

    asked: Asked
    over: bool
    """No more sound of this round comes."""
    end: bool
    """The client waits for the word that everything was said."""


def read(text: str, before: Asked) -> Said:
    """Return what a message says, on top of what was said before.

    Raises:
        BadMessage: it is no JSON object.
    """
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise BadMessage("bad JSON") from exc
    if not isinstance(found, dict):
        raise BadMessage("bad JSON")
    message = cast("Mapping[str, Any]", found)
    over = message.get("is_speaking") is False or message.get("is_finished") is True
    return Said(_merged(message, before), over, over and message.get("is_end") is True)


def _merged(message: Mapping[str, Any], before: Asked) -> Asked:
    problems = list(before.problems)
    mode, form, rate = before.mode, before.form, before.rate
    if (said := message.get("mode")) is not None:
        if said in MODES:
            mode = cast("Mode", said)
        else:
            problems.append(f"unsupported mode: {said!r:.40}; there are {', '.join(MODES)}")
    if isinstance(said := message.get("wav_format"), str) and said:
        form = said.lower()
    if (said := message.get("audio_fs")) is not None:
        try:
            rate = int(said)
        except (TypeError, ValueError, OverflowError):
            problems.append(f"audio_fs: {said!r:.40} is no number")
    name = message.get("wav_name")
    hotwords = before.hotwords
    if "hotwords" in message:
        parsed = parse(message["hotwords"] or None)
        hotwords = parsed.hotwords
        problems.extend(parsed.problems)
    return replace(
        before,
        mode=mode,
        name=name[:LONGEST_NAME] if isinstance(name, str) and name else before.name,
        form=form,
        rate=rate,
        hotwords=hotwords,
        itn=_flag(message, ("itn", "svs_itn"), before.itn),
        language=_language(message.get("svs_lang"), before.language),
        problems=tuple(problems),
    )


def _flag(message: Mapping[str, Any], names: tuple[str, ...], before: bool | None) -> bool | None:
    """Return the first flag that is there, however its client writes it."""
    for name in names:
        said = message.get(name)
        if isinstance(said, bool | int):
            return bool(said)
        if isinstance(said, str) and said.lower() in ("true", "false", "0", "1"):
            return said.lower() in ("true", "1")
    return before


def _language(said: object, before: str) -> str:
    if not isinstance(said, str):
        return before
    return "" if said.lower() in ("auto", "") else said
