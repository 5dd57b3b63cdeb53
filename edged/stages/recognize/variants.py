"""One offline model in the languages that utterances ask for: the language is no matter of a stream to it.

Whisper is told anew before each utterance. SenseVoice cannot be told without losing the settings of its
features (tried with 2.0.1): a second instance of it is loaded when an utterance asks for something else than
the configuration, and replaced when another asks for something else again. So there are two at most.
"""

from dataclasses import replace
from typing import Any

from edged.stages.recognize.asking import Asked
from edged.stages.recognize.building import build, form_of
from edged.stages.recognize.preflight import Metadata
from edged.stages.recognize.requests import Load

Manner = tuple[str, bool]
"""Language, and whether the model writes numbers itself."""


class Variants:
    """Of one thread."""

    def __init__(self, load: Load, numbers: Metadata) -> None:
        """Load a model that passed `preflight`.

        Raises:
            RuntimeError: onnxruntime refuses the model. sherpa-onnx may end the process instead.
        """
        self._load = load
        self._numbers = numbers
        self._form = form_of(load)
        self._usual: Any = build(load, numbers)
        self._only = load.languages[0] if len(load.languages) == 1 else ""
        self._manner: Manner = (load.language or self._only, load.own_itn)
        self._told = self._manner[0]  # Whisper's present language
        self._other: Any = None
        self._other_manner: Manner | None = None

    def of(self, asked: Asked) -> Any:
        """Return sherpa-onnx's recognizer for an utterance; to be used before the next call.

        Raises:
            RuntimeError: there is no room for a second one.
        """
        if not self._form.language:
            return self._usual
        if not self._form.own_itn:
            return self._tell(asked.language or self._only)
        manner = (asked.language or self._only, asked.own_itn)
        if manner == self._manner:
            return self._usual
        if manner != self._other_manner:
            self._other = self._other_manner = None  # gone before the next one comes: never three
            self._other = build(replace(self._load, language=manner[0], own_itn=manner[1]), self._numbers)
            self._other_manner = manner
        return self._other

    def _tell(self, language: str) -> Any:
        if language != self._told:
            config: Any = self._usual.config
            config.model_config.whisper.language = language
            self._usual.recognizer.set_config(config)
            self._told = language
        return self._usual
