"""How recordings are cut, and everything that their text depends on."""

from dataclasses import dataclass, field, replace
from typing import Literal

from edged import __version__
from edged.catalog.manifest import Model
from edged.config.schema import Config
from edged.errors import ModelError
from edged.geometry import SAMPLE_RATE
from edged.runtime.models import ModelsInUse
from edged.runtime.transcribe.crew import WITHOUT_PARTIALS
from edged.stages.audio.intake import Intake
from edged.stages.listen.endpoint import seconds_of
from edged.stages.recognize.loading import AS_HEARD, Writing
from edged.stages.recognize.recognizer import Options


@dataclass(frozen=True, slots=True)
class Manner:
    """Of one run."""

    model: str
    limit: int
    """Most samples of one part."""
    pause: int
    """Samples without speech that end a part."""
    threshold: float
    """Probability that counts as speech."""
    depends: tuple[str, ...] = ()
    """What else the text depends on: versions, hashes of models, options."""
    intake: Intake = field(default_factory=Intake)
    denoise: Literal["off", "wake", "recognize", "both"] = "off"
    """Whether the recognizer hears cleaned sound, as it does of a microphone."""

    @property
    def key(self) -> str:
        """Everything in one string."""
        return repr(
            (self.model, self.limit, self.pause, self.threshold, self.intake, self.denoise, self.depends)
        )


def manner(
    config: Config,
    recognizer: Model,
    models: ModelsInUse,
    texts: Writing = AS_HEARD,
    asked: Options = WITHOUT_PARTIALS,
) -> Manner:
    """Return how recordings are cut for a recognizer, and all that their text depends on.

    Raises:
        ModelError: not a recognizer, or no VAD.
    """
    if recognizer.recognizer is None:
        raise ModelError(f"{recognizer.name}: is a model of kind {recognizer.kind!r}, not a recognizer")
    vad = models.get(config.listen.vad, "vad")
    files = {**recognizer.files, **{f"vad {role}": file for role, file in vad.files.items()}}
    for model in (texts.itn, texts.punctuation):
        if model is not None:
            files |= {f"{model.kind} {role}": file for role, file in model.files.items()}
    hashes = tuple(
        f"{role} {file.sha256 or (file.path, file.path.stat().st_size)}" for role, file in files.items()
    )
    return Manner(
        model=recognizer.name,
        limit=round(recognizer.recognizer.max_audio_s * SAMPLE_RATE),
        pause=round(seconds_of(config.listen.trailing_silence) * SAMPLE_RATE),
        threshold=config.listen.vad_threshold,
        depends=(__version__, config.recognize.mode, _told(texts), repr(asked), *hashes),
        intake=Intake(channel=config.audio.channel, gain_db=config.audio.gain_db),
        denoise=config.denoise.path,
    )


def _told(texts: Writing) -> str:
    """Return what is asked of all texts, but for the models, whose hashes tell more than their paths."""
    return repr(replace(texts, itn=None, punctuation=None))
