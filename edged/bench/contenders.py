"""The contenders: edged and its peers, each as a function from one hop of sound to the score of "alexa"."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from edged.backends.backend import Pcm
from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.runtime.scorer import Scorer

WORD = "alexa"
"""The one head that all three ship."""


@dataclass(frozen=True, slots=True)
class Models:
    """The files that edged and openWakeWord run; pyopen-wakeword brings its own, converted to TFLite."""

    melspectrogram: Path
    embedding: Path
    head: Path


@dataclass(frozen=True, slots=True)
class Contender:
    """Something that hears one hop at a time."""

    name: str
    version: str
    runs: str
    """What computes in it."""
    prepare: Callable[[Pcm], Any]
    """One hop in the form its interface takes; not timed."""
    hear: Callable[[Any], float]
    """One prepared hop to the score."""


def edged(models: Models) -> Contender:
    """Framer, features, history and one head on the CPU.

    Raises:
        ModelError, ProviderUnavailable: as the CPU backends do.
    """
    features = CpuFeatures(models.melspectrogram, models.embedding)
    scorer = Scorer(features, CpuHeads([HeadModel(WORD, models.head)]))
    return Contender(
        "edged",
        version("edged") if _installed("edged") else "source tree",
        f"onnxruntime {version('onnxruntime')}, numpy {version('numpy')}",
        lambda pcm: pcm,
        lambda pcm: float(scorer.push(pcm)[0][0]),
    )


def openwakeword(models: Models) -> Contender:
    """The Model of openWakeWord on ONNX, fed 1280 samples a call.

    Raises:
        ImportError: it is not installed.
    """
    model_class: Any = importlib.import_module("openwakeword.model").Model
    model = model_class(
        wakeword_models=[str(models.head)],
        inference_framework="onnx",
        melspec_model_path=str(models.melspectrogram),
        embedding_model_path=str(models.embedding),
    )
    key = models.head.stem
    return Contender(
        "openwakeword",
        version("openwakeword"),
        f"onnxruntime {version('onnxruntime')}",
        lambda pcm: pcm,
        lambda pcm: float(model.predict(pcm)[key]),
    )


def pyopen_wakeword(_models: Models) -> Contender:
    """The streaming interface of pyopen-wakeword with the models it ships, fed 1280 samples a call.

    Raises:
        ImportError: it is not installed.
    """
    library: Any = importlib.import_module("pyopen_wakeword")
    features = library.OpenWakeWordFeatures.from_builtin()
    word = library.OpenWakeWord.from_builtin(library.Model.ALEXA)

    def hear(pcm: bytes) -> float:
        scores = [
            score
            for embeddings in features.process_streaming(pcm)
            for score in word.process_streaming(embeddings)
        ]
        return scores[-1] if scores else 0.0

    return Contender(
        "pyopen-wakeword", version("pyopen-wakeword"), "its TensorFlow Lite library", np.ndarray.tobytes, hear
    )


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
