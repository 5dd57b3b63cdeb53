"""Clips that tests make themselves."""

import numpy as np

from edged.runtime.clips.document import Curve, Decided, Document, MadeBy, SoundFacts, WordFacts
from edged.runtime.clips.sound import Channels
from edged.stages.heads.activation import Memory
from edged.stages.heads.rule import Rule

MADE_BY = MadeBy(
    edged="0.1.0",
    python="3.11.2",
    onnxruntime="1.20.0",
    numpy="2.0.0",
    machine="aarch64",
    models={"head:computer": "a" * 64, "embedding": "b" * 64},
    settings={"heads.vad_lookback_s": "1"},
    config="c" * 64,
)

RULE = Rule("computer", 0.5, 0.35, 1, 1, 32_000, 0.0, 2_560)


def clip_id(second: int, kind: str = "wake", more: str = "abcdef") -> str:
    """An id of that second of one hour."""
    return f"20261120T10{second // 60:02d}{second % 60:02d}.000Z-{kind}-{more}"


def document(id: str, samples: int = 0, kind: str = "wake", **changes: object) -> Document:
    """A clip of two hops; `samples` of sound, 0 for none."""
    values: dict[str, object] = {
        "id": id,
        "kind": kind,
        "word": "computer",
        "reason": None,
        "score": 0.75,
        "stream": "mic",
        "utterance": 1,
        "wall": "2026-11-20T10:00:00.000Z",
        "sample": 2560,
        "end_sample": 0,
        "latency_ms": 1.5,
        "sound": SoundFacts(start=0, samples=samples, channels=("raw",), begins="stream")
        if samples
        else None,
        "no_sound": "" if samples else "a test made it",
        "curve": Curve(
            ends=(1280, 2560),
            scores={"computer": (0.25, 0.75)},
            speech={"computer": (None, 0.5)},
            listening={"computer": (False, False)},
            stages_ms={"features": (0.25, 0.25), "heads": (0.125, 0.125)},
            backends={"features": ("cpu", "cpu"), "heads": ("cpu", "cpu")},
        ),
        "ended": False,
        "words": {"computer": WordFacts(column="computer", rule=RULE, memory=Memory())},
        "decisions": (Decided(hop=1, word="computer", reason=None, score=0.75, end_sample=0),),
        "backends": {},
        "stages_ms": {"features": 0.25},
        "wake": None,
        "made_by": MADE_BY,
    }
    return Document(**(values | changes))  # pyright: ignore[reportArgumentType]


def sound(samples: int, seed: int = 1) -> Channels:
    return np.random.default_rng(seed).integers(-9000, 9000, (samples, 1)).astype(np.int16)
