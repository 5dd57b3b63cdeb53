"""What all streams share: the models of a configuration, opened on the backends that run them."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from edged import __version__
from edged.backends.backend import FeatureBackend, Floats, HeadBackend, VadBackend
from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.cpu.vad import CpuVad
from edged.catalog.manifest import Model
from edged.config.schema import Config, Features, Heads, Recognize
from edged.errors import ProviderUnavailable
from edged.messages import Body, Fallback, ModelInUse, Ran, Ready
from edged.runtime.models import ModelsInUse
from edged.runtime.words import Wake, model_name, wake
from edged.stages.features.quiet_room import quiet_room
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import OnReply, Recognizer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scorers:
    """Sound to scores."""

    features: FeatureBackend
    heads: HeadBackend
    before: Floats
    """Embeddings (34, 96) that stand for the time before any sound; made once, shared by all streams."""
    models: Mapping[str, Model]
    """The head behind each name that was asked for."""
    fallbacks: tuple[Fallback, ...] = ()
    """Stages that were asked of another backend than the one that serves."""

    @property
    def ran(self) -> Ran:
        """Which providers serve."""
        return Ran(features=self.features.provider, heads=self.heads.provider)

    def close(self) -> None:
        """Give models and devices back, last opened first."""
        self.heads.close()
        self.features.close()


@dataclass(frozen=True, slots=True)
class Kit:
    """Everything of a run that is opened once."""

    scorers: Scorers
    vad: VadBackend
    wakes: tuple[Wake, ...]
    recognizer: Model | None
    models: tuple[ModelInUse, ...]

    def wakes_of(self, heads: Heads) -> tuple[Wake, ...]:
        """Return the words of a configuration that asks for the same heads as this kit holds.

        Raises:
            ConfigError: a word names an output that its head does not have.
        """
        return _wakes(heads, self.scorers)

    def opening(self) -> Iterator[Body]:
        """Yield what is said once the first hop was scored: what is in use, and what took whose place."""
        words = tuple(wake.rule.word for wake in self.wakes)
        recognizer = self.recognizer.name if self.recognizer else None
        yield Ready(__version__, words, self.scorers.ran, recognizer, self.models)
        yield from self.scorers.fallbacks

    def close(self) -> None:
        """Give models and devices back, last opened first."""
        self.vad.close()
        self.scorers.close()


def open_scorers(config: Config, names: Iterable[str], models: ModelsInUse) -> Scorers:
    """Open features and heads.

    Raises:
        ModelError: a model is missing, damaged, or its licence was not accepted.
        ProviderUnavailable: a named backend cannot serve.
    """
    instead = [fallback for stage in (config.features, config.heads) if (fallback := _cpu_instead(stage))]
    melspectrogram = models.file(config.features.melspectrogram, "melspectrogram")
    embedding = models.file(config.features.embedding, "embedding")
    heads = {name: models.get(name, "head") for name in dict.fromkeys(names)}
    served = [HeadModel(head.name, head.files["model"].path, head.labels) for head in heads.values()]
    features = CpuFeatures(melspectrogram, embedding)
    return Scorers(features, CpuHeads(served), quiet_room(features.stream()), heads, tuple(instead))


def open_kit(config: Config) -> Kit:
    """Find, verify and open everything that the configuration names.

    Raises:
        ModelError: a model is missing, damaged, or its licence was not accepted.
        ConfigError: a word names an output that its head does not have.
        ProviderUnavailable: a named backend cannot serve.
    """
    models = ModelsInUse(config.models.dir, config.models.accept_licences)
    scorers = open_scorers(config, [model_name(word) for word in config.heads.word], models)
    wakes = _wakes(config.heads, scorers)
    vad = open_vad(config, models)
    asked = config.recognize
    recognizer = models.get(asked.model, "recognizer") if asked.enabled else None
    return Kit(scorers, vad, wakes, recognizer, models.given)


def open_vad(config: Config, models: ModelsInUse) -> VadBackend:
    """Open the voice activity detection.

    Raises:
        ModelError: the model is missing or damaged.
    """
    return CpuVad(models.file(config.listen.vad, "vad"))


def open_recognizer(model: Model, asked: Recognize, on_reply: OnReply) -> Recognizer:
    """Start the process of a recognizer; it calls `on_reply` from a thread of its own.

    Raises:
        ModelError: the model is missing, damaged or of another kind.
        ProviderUnavailable: sherpa-onnx is not installed.
        RecognizerDied: the process ended while it loaded.
    """
    return ChildRecognizer(model, on_reply, asked.mode, asked.threads, asked.nice)


def _wakes(heads: Heads, scorers: Scorers) -> tuple[Wake, ...]:
    columns = scorers.heads.columns
    return tuple(wake(word, heads, scorers.models[model_name(word)], columns) for word in heads.word)


def _cpu_instead(stage: Features | Heads) -> Fallback | None:
    """Return the step from a named backend, which this version cannot offer, to the CPU that may replace it.

    Raises:
        ProviderUnavailable: no fallback is written.
    """
    if stage.backend in ("auto", "cpu"):
        return None
    table = type(stage).__name__.lower()
    if not stage.fallback:
        way_out = 'say backend = "cpu", or fallback = ["cpu"]'
        raise ProviderUnavailable(stage.backend, f"[{table}]: not part of this version; {way_out}")
    log.warning("%s: %s is not part of this version, now on cpu", table, stage.backend)
    return Fallback(table, stage.backend, "cpu", "not part of this version")
