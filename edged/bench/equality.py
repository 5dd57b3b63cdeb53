"""edged's scores beside openWakeWord's, hop by hop, on the same recordings."""

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edged.backends.backend import FeatureBackend, Floats, HeadBackend, Pcm
from edged.geometry import HOP, SAMPLE_RATE
from edged.runtime.scorer import Scorer

Score = Callable[[Pcm], Floats]
"""A recording to scores (hops, columns), from a fresh start."""


@dataclass(slots=True)
class Distance:
    """How far apart the scores of one column are over many recordings."""

    hops: int = 0
    """Hops compared: those whose window holds embeddings of the recording alone."""
    largest: float = 0.0
    where: str = ""


@dataclass(slots=True)
class Comparison:
    """Everything that was compared, and what edged heard."""

    files: int = 0
    seconds: float = 0.0
    distances: dict[str, Distance] = field(default_factory=dict[str, Distance])
    peaks: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    """File, column, edged's highest score."""


def openwakeword_scorer(melspectrogram: Path, embedding: Path, heads: Mapping[str, Path]) -> Score:
    """Return openWakeWord 0.5.1 itself, on ONNX, fed 1280 samples a call.

    Its features start afresh with each recording. Columns are those of its heads in order; of a head with
    several outputs, all but output 0 ("none").

    Raises:
        ImportError: it is not installed.
    """
    model_class: Any = importlib.import_module("openwakeword.model").Model
    features_class: Any = importlib.import_module("openwakeword.utils").AudioFeatures
    paths = [str(path) for path in heads.values()]
    options: dict[str, Any] = {
        "inference_framework": "onnx",
        "melspec_model_path": str(melspectrogram),
        "embedding_model_path": str(embedding),
    }
    # one model per head: it keys several outputs by bare number, which would collide
    models = [model_class(wakeword_models=[path], **options) for path in paths]
    names = [Path(path).stem for path in paths]

    def row(pcm: Pcm, prepared: int, features: Any) -> list[float]:
        found: list[float] = []
        for model, name in zip(models, names, strict=True):
            model.preprocessor = _Prepared(prepared, features)
            scores = model.predict(pcm)
            several = model.model_outputs[name] > 1
            found += (
                [scores[str(i)] for i in range(1, model.model_outputs[name])] if several else [scores[name]]
            )
        return found

    def score(pcm: Pcm) -> Floats:
        features = features_class(**options)
        for model in models:
            model.reset()
        hops = (pcm[at : at + HOP] for at in range(0, len(pcm) - HOP + 1, HOP))
        return np.array([row(hop, features(hop), features) for hop in hops], np.float32)

    return score


class _Prepared:
    """Stands in for openWakeWord's features in each model, so that they are computed once per hop."""

    def __init__(self, prepared: int, features: Any) -> None:
        self._prepared = prepared
        self.get_features = features.get_features

    def __call__(self, _pcm: Pcm) -> int:
        return self._prepared


def compare(
    recordings: Iterable[tuple[str, Pcm]], features: FeatureBackend, heads: HeadBackend, theirs: Score
) -> Comparison:
    """Score every recording twice and keep the largest difference of each column.

    A column is compared from the hop at which its window holds embeddings of the recording alone: before
    that openWakeWord's history holds embeddings of unseeded random noise, edged's those of a quiet room.
    """
    result = Comparison(distances={column: Distance() for column in heads.columns})
    for name, pcm in recordings:
        mine, other = Scorer(features, heads).run(pcm, HOP), theirs(pcm)
        result.files += 1
        result.seconds += len(mine) * HOP / SAMPLE_RATE
        if len(mine) == 0:
            continue
        result.peaks[name] = dict(zip(heads.columns, mine.max(axis=0).tolist(), strict=True))
        for index, (column, window) in enumerate(zip(heads.columns, heads.windows, strict=True)):
            apart = np.abs(mine[window - 1 :, index] - other[window - 1 :, index])
            distance = result.distances[column]
            distance.hops += len(apart)
            if len(apart) and apart.max() > distance.largest:
                distance.largest = float(apart.max())
                distance.where = f"{name} hop {window - 1 + int(apart.argmax())}"
    return result
