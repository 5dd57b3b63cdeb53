"""What every head thinks of a recording, hop by hop: nothing gated, nothing padded."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edged.config.schema import Config
from edged.geometry import HOP
from edged.runtime.kit import Scorers, open_scorers
from edged.runtime.models import ModelsInUse
from edged.runtime.scorer import Scorer
from edged.runtime.words import model_name
from edged.stages.audio.intake import Intake
from edged.stages.audio.recording import Recording


def score_files(files: Sequence[Path], heads: Sequence[str], config: Config) -> list[dict[str, Any]]:
    """Return one `{file, hop, scores: {word: [one per hop]}}` per file, from its first sample.

    heads: by name or .onnx path; none: those of the configuration. A licence is said, not asked for.

    Raises:
        AudioInputError: a file cannot be read as sound.
        ModelError: a model is missing or damaged.
    """
    names = list(heads) or [model_name(word) for word in config.heads.word]
    scorers = open_scorers(config, names, ModelsInUse(config.models.dir, accepted=None), background=False)
    try:
        return [{"file": str(file), "hop": HOP, "scores": _score(file, scorers, config)} for file in files]
    finally:
        scorers.close()


def _score(file: Path, scorers: Scorers, config: Config) -> dict[str, list[float]]:
    recording = Recording(file, Intake(channel=config.audio.channel, gain_db=config.audio.gain_db))
    scorer = Scorer(scorers.features, scorers.heads, scorers.before)
    curves: dict[str, list[float]] = {column: [] for column in scorers.heads.columns}
    try:
        while (frame := recording.read()) is not None:
            for scores in scorer.push(frame.pcm):
                for curve, score in zip(curves.values(), scores, strict=True):
                    curve.append(float(score))
    finally:
        recording.close()
    return curves
