"""`edged models convert` tied to what it needs: the configured heads, known answers, the CPU's, the cache."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edged.backends.backend import FeatureStream, Floats, Pcm
from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.graph import answers
from edged.backends.cpu.head_shape import named_columns, read_shape
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.cpu.session import open_session
from edged.backends.probe import known_histories, known_sound
from edged.backends.trial_cache import cache_folder
from edged.catalog.convert.convert import Converted, Order, Wanted, convert
from edged.catalog.convert.environment import ready
from edged.catalog.convert.samples import Samples, exact
from edged.catalog.manifest import Model
from edged.catalog.search import find
from edged.config.schema import Config
from edged.errors import ModelError, ProviderUnavailable
from edged.geometry import (
    CONTEXT,
    EMBEDDING,
    HISTORY,
    HOP,
    MEL_BINS,
    MEL_PER_HOP,
    MEL_REST,
    MEL_WINDOW,
    STEP_SAMPLES,
)
from edged.runtime.words import model_name
from edged.stages.audio.intake import Intake
from edged.stages.audio.recording import Recording

FEWEST = 16
"""Windows of a probe at least: where few heads give fewer, sounds make up for it."""
MOST_CHECKED = 2000
"""Windows of recordings that are looked at: more take minutes, and memory."""
SOUNDS = (".wav", ".flac", ".ogg", ".mp3")
MOST_CALIBRATION = 500
"""Windows of a calibration set that are used, spread over all of it: the compiler's time grows with them."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asks for."""

    heads: Sequence[str]
    """Names or paths; none: those of the configuration."""
    target: str
    place: Path
    fused: bool = False
    """Also the stage `embedding+heads`."""
    calibration: Path | None = None
    """A folder of recordings; given: int8."""
    check: Path | None = None
    """A folder of recordings that the result is judged on as well."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told what happens."""

    environment: Callable[[str], None] = lambda text: None
    step: Callable[[str, str], None] = lambda what, step: None
    waiting: Callable[[], None] = lambda: None


def toolkit_folder() -> Path:
    """Return where the compiler's environment is kept between conversions."""
    return cache_folder() / "convert"


def convert_models(wish: Wish, config: Config, told: Told) -> Converted:
    """Convert heads as `edged.catalog.convert.convert` says.

    Raises:
        ModelError: a head is missing, none can be converted, or the compiler cannot be had.
        AudioInputError: a recording cannot be read as sound.
    """
    heads = wanted(wish.heads, config)
    embedding = find(config.features.embedding, "embedding", config.models.dir).files["model"].path
    mel = find(config.features.melspectrogram, "melspectrogram", config.models.dir).files["model"].path
    features = CpuFeatures(mel, embedding)
    calibration = None
    if wish.calibration is not None:
        calibration = heard(recordings(wish.calibration), features, MOST_CALIBRATION)
    sounds = recordings(wish.check) if wish.check is not None else ()
    return convert(
        Order(
            heads,
            wish.target,
            "fp16" if wish.calibration is None else "int8",
            embedding if wish.fused else None,
        ),
        wish.place,
        toolkit=lambda: ready(toolkit_folder(), told.environment),
        compute=answers,
        samples=samples([each.model for each in heads], features, sounds),
        calibration=calibration,
        step=told.step,
        waiting=told.waiting,
    )


def wanted(names: Sequence[str], config: Config) -> list[Wanted]:
    """Return heads, and the threshold that each is used at: the configuration's where it names them.

    Raises:
        ModelError: one is missing, damaged or no head.
    """
    used = {model_name(word): word for word in config.heads.word}
    found: list[Wanted] = []
    for name in dict.fromkeys(names or used):
        word = used.get(name)
        threshold = config.heads.threshold if word is None or word.threshold is None else word.threshold
        model = find(name, "head", config.models.dir)
        found.append(Wanted(model, threshold, _words(model)))
    return found


def _words(model: Model) -> tuple[int, ...]:
    """Return which outputs of a head are words; none where it is no head, which whoever converts it says."""
    path = model.files["model"].path
    try:
        shape = read_shape(open_session(path, model.name), model.name, path)
        return tuple(index for index, _ in named_columns(model.name, path, model.labels, shape))
    except (ModelError, ProviderUnavailable):
        return ()


def samples(heads: Sequence[Model], features: CpuFeatures, sounds: Sequence[Path] = ()) -> Samples:
    """Return what heads are judged on: windows each is sure about, known sounds, and then recordings.

    Raises:
        AudioInputError: a recording cannot be read as sound.
    """
    known = heard_sound(features, [known_sound()])
    sure: list[Floats] = []
    for head in heads:
        try:
            reference = CpuHeads([HeadModel(head.name, head.files["model"].path, head.labels)])
        except (ModelError, ProviderUnavailable):
            continue  # no head of ours: whoever converts it says so
        sure += known_histories(reference)
        reference.close()
    histories = np.stack(sure) if sure else np.zeros((0, HISTORY, EMBEDDING), np.float32)
    extra = max(FEWEST - len(histories), 4)
    picked = np.linspace(0, len(known.histories) - 1, extra).astype(int)
    mels = known.mels[np.resize(np.arange(len(known.mels)), len(histories))]
    first = Samples(
        exact(np.concatenate([histories, known.histories[picked]])),
        np.concatenate([mels, known.mels[picked]]),
        len(histories) + extra,
    )
    if not sounds:
        return first
    rest = heard(sounds, features, MOST_CHECKED)
    return Samples(
        np.concatenate([first.histories, rest.histories]),
        np.concatenate([first.mels, rest.mels]),
        first.known,
    )


def heard(files: Sequence[Path], features: CpuFeatures, most: int) -> Samples:
    """Return windows of recordings: all of them, or where they are more than `most` as many of each.

    Raises:
        AudioInputError: one cannot be read as sound.
        ModelError: there is no sound in them.
    """
    return heard_sound(features, (_pcm(file) for file in files), max(1, most // len(files)))


def heard_sound(features: CpuFeatures, sounds: Iterable[Pcm], most: int | None = None) -> Samples:
    """Return a window per hop of sounds, each (n,), int16, 16 kHz; `most` of each, spread over it."""
    histories: list[Floats] = []
    mels: list[Floats] = []
    for pcm in sounds:
        frames, embeddings = _features(features.stream(), pcm)
        if not len(embeddings):
            continue
        # Before its first hop a stream has the embedding of the quiet, not this one: near enough to judge on.
        padded = np.concatenate([np.repeat(embeddings[:1], HISTORY, axis=0), embeddings])
        count = len(embeddings) if most is None else min(most, len(embeddings))
        for hop in np.unique(np.linspace(1, len(embeddings), count).astype(int)):
            histories.append(exact(padded[hop : hop + HISTORY]))
            mels.append(exact(frames[hop * MEL_PER_HOP : hop * MEL_PER_HOP + MEL_WINDOW]))
    if not histories:
        raise ModelError("the recordings hold no sound")
    return Samples(np.stack(histories), np.stack(mels), 0)


def _features(stream: FeatureStream, pcm: Pcm) -> tuple[Floats, Floats]:
    """Return mel frames, 76 of rest and then 8 per hop, and embeddings (hops, 96)."""
    padded = np.concatenate([np.zeros(CONTEXT, np.int16), pcm])
    frames = [np.full((MEL_WINDOW, MEL_BINS), MEL_REST, np.float32)]
    embeddings: list[Floats] = []
    for at in range(0, len(pcm) - HOP + 1, HOP):
        mel, embedding = stream.step(padded[at : at + STEP_SAMPLES], at == 0)
        frames.append(mel.copy())
        embeddings.append(embedding.copy())
    shape = np.stack(embeddings) if embeddings else np.zeros((0, EMBEDDING), np.float32)
    return np.concatenate(frames), shape


def _pcm(file: Path) -> Pcm:
    recording = Recording(file, Intake())
    parts: list[Pcm] = []
    try:
        while (frame := recording.read()) is not None:
            parts.append(frame.pcm.copy())
    finally:
        recording.close()
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def recordings(folder: Path) -> list[Path]:
    """Return the sound files of a folder and those below it, in one order everywhere.

    Raises:
        ModelError: there are none.
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS and path.is_file())
    if not found:
        raise ModelError(f"{folder}: no recording in it ({', '.join(SOUNDS)})")
    return found
