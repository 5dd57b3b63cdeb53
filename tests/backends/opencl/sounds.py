"""Eight recordings of 130 hops, and what the CPU makes of them: the reference of every kernel."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import soundfile

from edged.backends.backend import FeatureStream
from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.geometry import CONTEXT, EMBEDDING, HISTORY, HOP, STEP_SAMPLES
from tests.assets import asset
from tests.oww_models import model

HOPS = 130
WORDS = ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy")
FILES = (
    "wake/positive/alexa",
    "wake/positive/jarvis",
    "wake/positive/wyoming",
    "wake/negative",
    "negative/noise/noise1.wav",
    "negative/noise/noise4.wav",
    "negative/meetings/dev00.wav",
    "asr/wavs/en/2412-153948-0000.flac",
)


@dataclass(frozen=True)
class Reference:
    """What the CPU answers to one recording."""

    pieces: list[np.ndarray]
    mels: np.ndarray
    embeddings: np.ndarray
    scores: np.ndarray


def models() -> tuple:
    """Melspectrogram and embedding of openWakeWord."""
    return model("melspectrogram.onnx"), model("embedding_model.onnx")


@cache
def heads() -> CpuHeads:
    return CpuHeads([HeadModel(name, model(f"{name}_v0.1.onnx")) for name in WORDS])


@cache
def references() -> tuple[Reference, ...]:
    cpu = CpuFeatures(*models())
    return tuple(_reference(cpu.stream(), pieces(_sound(path))) for path in FILES)


def pieces(pcm: np.ndarray) -> list[np.ndarray]:
    """Cut a recording into what a step takes."""
    padded = np.concatenate([np.zeros(CONTEXT, np.int16), pcm])
    return [padded[at : at + STEP_SAMPLES] for at in range(0, len(pcm) - HOP + 1, HOP)]


def scores(embeddings: np.ndarray) -> np.ndarray:
    """Scores of every head at every hop."""
    history = np.concatenate([np.zeros((HISTORY, EMBEDDING), np.float32), embeddings])
    return np.stack([heads().scores(history[at + 1 : at + 1 + HISTORY]) for at in range(len(embeddings))])


def _reference(stream: FeatureStream, cut: list[np.ndarray]) -> Reference:
    answers = [tuple(part.copy() for part in stream.step(piece, at == 0)) for at, piece in enumerate(cut)]
    embeddings = np.stack([embedding for _, embedding in answers])
    return Reference(cut, np.stack([mel for mel, _ in answers]), embeddings, scores(embeddings))


def _sound(path: str) -> np.ndarray:
    """One file, or as many of a folder as it takes."""
    found = asset(path)
    files = sorted(each for each in found.rglob("*") if each.suffix in (".wav", ".flac")) or [found]
    joined: list[np.ndarray] = []
    while sum(map(len, joined)) < HOPS * HOP:
        pcm, rate = soundfile.read(files.pop(0), dtype="int16")
        assert (rate, pcm.ndim) == (16_000, 1)
        joined.append(pcm)
    return np.concatenate(joined)[: HOPS * HOP]
