"""What all streams share: the models of a configuration, opened on the backends that run them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from edged import __version__
from edged.backends.backend import FeatureBackend, Floats, HeadBackend, VadBackend
from edged.backends.changes import Changes
from edged.backends.cpu.heads import HeadModel
from edged.backends.cpu.vad import CpuVad
from edged.backends.openers import OPENERS, FeatureModels, Openers
from edged.backends.verdict import Verdict
from edged.catalog.manifest import Model
from edged.config.schema import Config, Heads, Recognize
from edged.messages import Body, ModelInUse, Ran, Ready
from edged.runtime.chains import Chains
from edged.runtime.compiled import too_low, with_npu
from edged.runtime.models import ModelsInUse
from edged.runtime.recognizers import StandIns, open_recognizers, stand_ins
from edged.runtime.words import Wake, model_name, wake
from edged.runtime.writing import writing
from edged.stages.features.quiet_room import quiet_room
from edged.stages.recognize.backlog import DEPTH
from edged.stages.recognize.loading import AS_HEARD, Writing
from edged.stages.recognize.recognizer import OnReply, Recognizer


@dataclass(frozen=True, slots=True)
class Scorers:
    """Sound to scores."""

    features: FeatureBackend
    heads: HeadBackend
    before: Floats
    """Embeddings (34, 96) that stand for the time before any sound; made once, shared by all streams."""
    models: Mapping[str, Model]
    """The head behind each name that was asked for."""
    chains: Chains = field(default_factory=Chains)
    """What decides which backend serves."""
    on_npu: frozenset[str] = frozenset()
    """Names of the heads that the NPU may serve, as they were asked for."""

    @property
    def ran(self) -> Ran:
        """Which providers serve now."""
        return Ran(features=self.features.provider, heads=self.heads.provider)

    def close(self) -> None:
        """Give models and devices back, last opened first."""
        self.chains.stop()
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
    writing: Writing = AS_HEARD
    """What is asked of the recognizer's texts."""
    beside: StandIns = StandIns()  # noqa: RUF009 - frozen
    """What may stand in for the recognizer."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words that wake; a stop word does not."""
        return tuple(wake.rule.word for wake in self.wakes if wake.rule.role == "wake")

    def wakes_of(self, heads: Heads) -> tuple[Wake, ...]:
        """Return the words of a configuration that asks for the same heads as this kit holds.

        Raises:
            ConfigError: a word names an output that its head does not have, or counts at scores that are too
                low for the NPU, which may serve it.
        """
        too_low(heads, self.scorers.on_npu)
        return _wakes(heads, self.scorers)

    def opening(self) -> Iterator[Body]:
        """Yield what is said once the first hop was scored: what is in use, and what took whose place."""
        recognizer = self.recognizer.name if self.recognizer else None
        yield Ready(__version__, self.words, self.scorers.ran, recognizer, self.models)
        self.changes.begin()
        yield from self.changes.take()

    @property
    def changes(self) -> Changes:
        """Fallbacks and recoveries that no stream has told yet."""
        return self.scorers.chains.changes

    def verdicts(self) -> tuple[Verdict, ...]:
        """What became of each backend of each stage: what serves, and why the others do not."""
        return self.scorers.chains.verdicts()

    def close(self) -> None:
        """Give models and devices back, last opened first."""
        self.vad.close()
        self.scorers.close()


def open_scorers(
    config: Config,
    names: Iterable[str],
    models: ModelsInUse,
    background: bool = True,
    openers: Openers = OPENERS,
) -> Scorers:
    """Open features and heads.

    Args:
        config: what is asked of both.
        names: of the heads.
        models: where they come from.
        background: start on the CPU and move to what proves itself better. False: `auto` is the CPU, and a
            backend that was named is tried before anything is heard.
        openers: the table of providers.

    Raises:
        ModelError: a model is missing, damaged, or its licence was not accepted.
        ProviderUnavailable: a named backend cannot serve.
    """
    melspectrogram = models.file(config.features.melspectrogram, "melspectrogram")
    embedding = models.file(config.features.embedding, "embedding")
    heads = {name: models.get(name, "head") for name in dict.fromkeys(names)}
    served = tuple(HeadModel(head.name, head.files["model"].path, head.labels) for head in heads.values())
    named = {name: head.name for name, head in heads.items()}
    served = with_npu(served, named, config.heads, config.models.dir)
    chains = Chains(openers)
    asked = config.features
    computed_with = FeatureModels(
        melspectrogram, embedding, asked.device, asked.precision, asked.mem_limit_mb, asked.threads
    )
    features = chains.features(asked, computed_with)
    scorers = Scorers(
        features,
        chains.heads(config.heads, served),
        quiet_room(features.stream()),
        heads,
        chains,
        frozenset(name for name, head in zip(heads, served, strict=True) if head.npu is not None),
    )
    if background:
        chains.start()
    elif chains.named:
        chains.work()
    return scorers


def open_kit(config: Config, openers: Openers = OPENERS, background: bool = True) -> Kit:
    """Find, verify and open everything that the configuration names.

    Args:
        config: what is asked for.
        openers: the table of providers; another one for tests and `edged-bench faults`.
        background: see `open_scorers`.

    Raises:
        ModelError: a model is missing, damaged, or its licence was not accepted.
        ConfigError: a word names an output that its head does not have, or the hotwords cannot be read.
        ProviderUnavailable: a named backend cannot serve.
    """
    models = ModelsInUse(config.models.dir, config.models.accept_licences)
    names = [model_name(word) for word in config.heads.word]
    scorers = open_scorers(config, names, models, background, openers)
    try:
        wakes = _wakes(config.heads, scorers)
        vad = open_vad(config, models)
        asked = config.recognize
        recognizer = models.get(asked.model, "recognizer") if asked.enabled else None
        texts = writing(asked, models) if asked.enabled else AS_HEARD
        beside = stand_ins(asked, models, recognizer) if recognizer is not None else StandIns()
    except BaseException:
        scorers.close()  # a thread that tries backends must not outlive what could not be opened
        raise
    return Kit(scorers, vad, wakes, recognizer, models.given, texts, beside)


def open_vad(config: Config, models: ModelsInUse) -> VadBackend:
    """Open the voice activity detection.

    Raises:
        ModelError: the model is missing or damaged.
    """
    return CpuVad(models.file(config.listen.vad, "vad"))


def open_recognizer(
    model: Model,
    asked: Recognize,
    on_reply: OnReply,
    cpus: Iterable[int] = (),
    depth: int = DEPTH,
    writing: Writing = AS_HEARD,
    patience: float = 1.0,
    beside: StandIns = StandIns(),  # noqa: B008 - frozen
    hurried: bool = True,
) -> Recognizer:
    """Start the recognizer of a configuration; it calls `on_reply` from threads of its own.

    Args and errors: see `recognizers.open_recognizers`. `beside`: what `stand_ins` found; `writing`: what is
    asked of all texts; `patience`: times the usual time until a process counts as hung, for one that gives
    way to all others; `hurried`: somebody waits for the texts.
    """
    return open_recognizers(model, beside, asked, on_reply, cpus, depth, writing, patience, hurried)


def _wakes(heads: Heads, scorers: Scorers) -> tuple[Wake, ...]:
    columns = scorers.heads.columns
    return tuple(wake(word, heads, scorers.models[model_name(word)], columns) for word in heads.word)
