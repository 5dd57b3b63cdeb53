"""What every head thinks of a recording, hop by hop: nothing gated, nothing padded."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edged.config.schema import Config
from edged.geometry import HOP
from edged.runtime.kit import Scorers, open_scorers
from edged.runtime.models import ModelsInUse
from edged.runtime.words import model_name
from edged.stages.audio.framer import Framer
from edged.stages.audio.recording import Recording
from edged.stages.features.features import Features
from edged.stages.features.history import History
from edged.stages.heads.scoring import Scoring


def score_files(files: Sequence[Path], heads: Sequence[str], config: Config) -> list[dict[str, Any]]:
    """Return one `{file, hop, scores: {word: [one per hop]}}` per file, from its first sample.

    heads: by name or .onnx path; none: those of the configuration. A licence is said, not asked for.

    Raises:
        AudioInputError: a file cannot be read as sound.
        ModelError: a model is missing or damaged.
    """
    names = list(heads) or [model_name(word) for word in config.heads.word]
    scorers = open_scorers(config, names, ModelsInUse(config.models.dir, accepted=None))
    try:
        return [{"file": str(file), "hop": HOP, "scores": _score(file, scorers, config)} for file in files]
    finally:
        scorers.close()


def _score(file: Path, scorers: Scorers, config: Config) -> dict[str, list[float]]:
    recording = Recording(file, channel=config.audio.channel, gain_db=config.audio.gain_db)
    framer, features = Framer(), Features(scorers.features.stream())
    history, scoring = History(scorers.before), Scoring(scorers.heads)
    curves: dict[str, list[float]] = {column: [] for column in scoring.columns}
    try:
        while (frame := recording.read()) is not None:
            for hop in framer.push(frame.pcm):
                history.push(features.push(hop))
                scores = scoring.score(history.rows, history.hops)
                for column, score in zip(scoring.columns, scores, strict=True):
                    curves[column].append(float(score))
    finally:
        recording.close()
    return curves
