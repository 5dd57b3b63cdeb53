"""The wake words for streams of the network: the same words as the microphone's, always computed on the CPU.

Stop words are not among them: these streams have no commands.

An accelerator serves one stream with a deadline; many streams without one would only stand in its way.
"""

import threading
from collections.abc import Mapping

from edged.catalog.manifest import Model
from edged.config.schema import Config, Heads
from edged.runtime.kit import Kit, Scorers, open_scorers
from edged.runtime.models import ModelsInUse
from edged.runtime.words import Wake, model_name, wake


class Watch:
    """Opens its models when the first stream needs them, which then share them."""

    def __init__(self, config: Config, kit: Kit) -> None:
        self._config = config
        self._heads = {word.name: kit.scorers.models[model_name(word)] for word in config.heads.word}
        self._opening = threading.Lock()
        self._scorers: Scorers | None = None

    @property
    def heads(self) -> Mapping[str, Model]:
        """The head behind each word that wakes."""
        return {word.name: self._heads[word.name] for word in self._config.heads.word if word.role == "wake"}

    def open(self) -> tuple[Scorers, tuple[Wake, ...]]:
        """Return what scores, and the words with the rules in force now.

        Raises:
            ModelError: a model is missing, damaged, or its licence was not accepted.
            ProviderUnavailable: onnxruntime cannot serve.
        """
        with self._opening:
            if self._scorers is None:
                self._scorers = self._open()
            columns = self._scorers.heads.columns
            heads = self._config.heads
            words = [word for word in heads.word if word.role == "wake"]
            return self._scorers, tuple(wake(word, heads, self._heads[word.name], columns) for word in words)

    def obey(self, heads: Heads) -> None:
        """Go by other rules for the same words, in streams that begin from now on."""
        with self._opening:
            self._config = self._config.model_copy(update={"heads": heads})

    def close(self) -> None:
        """Give the models back."""
        with self._opening:
            scorers, self._scorers = self._scorers, None
        if scorers is not None:
            scorers.close()

    def _open(self) -> Scorers:
        on_cpu = {"backend": "cpu", "fallback": ()}
        config = self._config.model_copy(
            update={
                "features": self._config.features.model_copy(update=on_cpu),
                "heads": self._config.heads.model_copy(update=on_cpu),
            }
        )
        models = ModelsInUse(config.models.dir, config.models.accept_licences)
        names = [model_name(word) for word in config.heads.word]
        return open_scorers(config, names, models, background=False)
