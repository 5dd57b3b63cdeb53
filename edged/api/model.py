"""openWakeWord's `Model` for programs written for it: sound in, scores by name out.

The scores are openWakeWord 0.5.1's to 1e-3, once a head's window is real. What differs on purpose:
`inference_framework` is "onnx" by default; `reset` forgets the sound as well, not only the scores; several
hops in one call are scored one by one, as if fed one by one; `predict_clip` pads with the faint noise of a
quiet room, since digital zeros make heads fire; outputs of a head with several are called by their names.
"""

import os
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edged.api.settings import settled
from edged.api.sound import Samples, checked, sound
from edged.backends.backend import Floats, Pcm
from edged.catalog.known import known
from edged.errors import ModelError, ProviderUnavailable
from edged.geometry import DITHER_RMS, HOP, RING_SECONDS, SAMPLE_RATE
from edged.runtime.cleaning import Cleaning
from edged.runtime.kit import Scorers, open_scorers, open_vad
from edged.runtime.models import ModelsInUse
from edged.runtime.scorer import Scorer
from edged.stages.audio.framer import Framer
from edged.stages.audio.ring import Ring
from edged.stages.listen.speech import SpeechGate, SpeechMeter

KEPT = 30
"""Scores kept per name in `prediction_buffer`, as openWakeWord does."""

REFUSED = {
    "wakeword_model_paths": "it is called wakeword_models",
    "class_mapping_dicts": "outputs are named by the model or its model.toml",
    "custom_verifier_models": "verifiers are pickles, which can run anything: edged loads none",
    "custom_verifier_threshold": "verifiers are pickles, which can run anything: edged loads none",
    "melspec_model_path": "name the models folder as features__melspectrogram",
    "embedding_model_path": "name the models folder as features__embedding",
    "ncpu": "one thread is the fastest for models of this size",
    "device": "say features__backend",
}
"""Keywords of openWakeWord that are not taken, and what to do instead."""


class Model:
    """Scores one stream of sound. Used by one thread at a time.

    >>> import edged
    >>> model = edged.Model(wakeword_models=["hey_jarvis"], inference_framework="onnx")
    >>> scores = model.predict_clip("demo/hey-jarvis-turn-on-the-kitchen-light.wav")
    >>> max(hop["hey_jarvis"] for hop in scores) > 0.9
    True
    """

    def __init__(
        self,
        wakeword_models: Iterable[str | os.PathLike[str]] = (),
        *,
        enable_speex_noise_suppression: bool = False,
        vad_threshold: float = 0.0,
        inference_framework: str = "onnx",
        config: str | os.PathLike[str] | None = None,
        **settings: object,
    ) -> None:
        """Open the heads.

        Args:
            wakeword_models: names of heads or paths of .onnx files; none: every head that openWakeWord
                brings. A path is called by its file's stem, as openWakeWord does.
            enable_speex_noise_suppression: heads hear sound cleaned of steady noise, 10 ms later.
            vad_threshold: scores are 0 where nobody spoke with this probability just before; 0: no gate.
                The gate is edged's: its look-back is `heads.vad_lookback_s`.
            inference_framework: "onnx".
            config: where models are found: see `edged.Ear`. Licences are said, not asked for.
            **settings: any key of the configuration as `section__key`.

        Raises:
            TypeError: a keyword of openWakeWord that is not taken here, with what to do instead.
            ModelError: a model is missing, damaged or no head.
            ProviderUnavailable: another framework is asked for, or speexdsp-ns is not installed.
        """
        for name in settings:
            if name in REFUSED or "__" not in name:
                why = REFUSED.get(name, "keys of the configuration are written section__key")
                raise TypeError(f"edged.Model does not take {name}: {why}")
        if inference_framework != "onnx":
            raise ProviderUnavailable(inference_framework, 'heads run on ONNX: inference_framework="onnx"')
        if not 0 <= vad_threshold <= 1:
            raise ModelError(f"vad_threshold = {vad_threshold:g}: must be a number from 0 to 1")
        self._cleaning = Cleaning("wake" if enable_speex_noise_suppression else "off")
        self._framer = Framer()
        found = settled(config, settings)
        models = ModelsInUse(found.models.dir, accepted=None)
        heads = {_head(os.fspath(name)): os.fspath(name) for name in wakeword_models}
        heads = heads or {name: name for name, entry in known().items() if entry.sheet.kind == "head"}
        self._scorers = open_scorers(found, heads, models, background=False)
        self._names = _names(self._scorers, heads)
        self._scorer = Scorer(self._scorers.features, self._scorers.heads, self._scorers.before)
        self._ring = Ring(RING_SECONDS * SAMPLE_RATE)
        self._vad_threshold = vad_threshold
        self._gate: SpeechGate | None = None
        if vad_threshold > 0:
            meter = SpeechMeter(open_vad(found, models).stream())
            self._gate = SpeechGate(meter, round(found.heads.vad_lookback_s * SAMPLE_RATE))
        self.prediction_buffer: dict[str, deque[float]] = {}
        self.reset()

    def predict(
        self,
        x: Pcm,
        patience: Mapping[str, int] | None = None,
        threshold: Mapping[str, float] | None = None,
    ) -> dict[str, float]:
        """Hear sound and return a score 0..1 per name: the highest of the hops that it completed.

        Args:
            x: shape (n,), any n, int16, mono, 16 kHz. Where it completes no hop, the last scores come again.
            patience: per name, how many of the last calls must reach its threshold; else its score is 0.
            threshold: per name, needed with patience.

        Raises:
            AudioInputError: not such sound.
            ValueError: patience without a threshold.
        """
        highest: Floats | None = None
        pcm = checked(x)
        self._ring.push(pcm)
        for hop in self._framer.push(pcm):
            for scores in self._scorer.push(self._cleaning.hop(hop)):
                highest = scores if highest is None else np.maximum(highest, scores)
        for index, name in enumerate(self._names):
            kept = self.prediction_buffer[name]
            kept.append(float(highest[index]) if highest is not None else kept[-1] if kept else 0.0)
        answer = {name: kept[-1] for name, kept in self.prediction_buffer.items()}
        for name, calls in (patience or {}).items():
            if name in answer and not self._patient(name, calls, threshold or {}):
                answer[name] = 0.0
        if self._gate is not None and self._gate.highest(self._ring, self._ring.end) < self._vad_threshold:
            return dict.fromkeys(answer, 0.0)
        return answer

    def predict_clip(
        self, clip: str | Path | Samples, padding: int = 1, chunk_size: int = HOP, **predict: Any
    ) -> list[dict[str, float]]:
        """Hear a whole clip and return the scores after each piece of it.

        Args:
            clip: the path of a recording, or an array of int16 samples at 16 kHz.
            padding: seconds of a quiet room's noise before and after it.
            chunk_size: samples per call of `predict`.
            **predict: for `predict`.

        Raises:
            AudioInputError: no such sound.
        """
        pcm = sound(clip, SAMPLE_RATE, max_s=3600.0)
        quiet = np.random.default_rng(0).normal(scale=DITHER_RMS, size=padding * SAMPLE_RATE)
        pad = np.rint(quiet).astype(np.int16)
        whole = np.concatenate([pad, pcm, pad])
        starts = range(0, len(whole) - chunk_size + 1, chunk_size)
        return [self.predict(whole[at : at + chunk_size], **predict) for at in starts]

    def reset(self) -> None:
        """Forget all sound and all scores: the next call is the first of a stream."""
        self.prediction_buffer = {name: deque(maxlen=KEPT) for name in self._names}
        self._ring.reset(0)
        self._framer.reset()
        self._cleaning.reset()
        self._scorer.reset()

    def _patient(self, name: str, calls: int, threshold: Mapping[str, float]) -> bool:
        if name not in threshold:
            raise ValueError(f"patience for {name} needs its threshold as well")
        newest = list(self.prediction_buffer[name])[-calls:]
        return sum(score >= threshold[name] for score in newest) >= calls


def _head(name: str) -> str:
    """Return what the catalog calls a head: a path as it is, "hey jarvis" as hey_jarvis."""
    if "/" in name or Path(name).is_file():
        return str(Path(name).expanduser().absolute())
    return name.replace(" ", "_")


def _names(scorers: Scorers, asked: Mapping[str, str]) -> tuple[str, ...]:
    """Return what each column is called: the head as it was asked for, or the output of one with several."""
    labels = {
        model.name: model.name if "/" in head else asked[head] for head, model in scorers.models.items()
    }
    found: list[str] = []
    for column in scorers.heads.columns:
        if column in labels:
            found.append(labels[column])
        else:
            head = next(head for head in labels if column.startswith(f"{head}."))
            found.append(column.removeprefix(f"{head}."))
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise ModelError(f"two outputs answer under one name: {', '.join(twice)}")
    return tuple(found)
