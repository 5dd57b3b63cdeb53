"""Hears a clip again with the configuration of now: every hop scored, every word decided, as by an ear."""

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edged.backends.backend import Floats
from edged.config.schema import Config
from edged.errors import AudioInputError
from edged.geometry import CONTEXT, EMBEDDING, HISTORY, HOP, PRIME_STEPS, SAMPLE_RATE
from edged.runtime.clips.clip import read_clip, read_sound
from edged.runtime.clips.document import Curve, Decided, Document, MadeBy
from edged.runtime.clips.kept import decided
from edged.runtime.clips.made_by import made_by
from edged.runtime.clips.replayed import Replayed, Run, compare
from edged.runtime.clips.sound import Channels
from edged.runtime.kit import Kit, open_kit
from edged.stages.audio.ring import Ring
from edged.stages.features.features import Features
from edged.stages.features.history import History
from edged.stages.heads.activation import Activator
from edged.stages.heads.scoring import Scoring
from edged.stages.listen.speech import SpeechGate, SpeechMeter

LONG_AGO = 1000
"""Hops that stand for a stream that has been heard for a while."""


def replay_at(home: Path, config: Config) -> Replayed:
    """Return how the clip in a folder fares with a configuration; its backends and models are opened for it.

    Raises:
        AudioInputError: there is no such clip, or it has nothing to compare.
        ModelError: a model is missing, damaged, or its licence was not accepted.
        ProviderError: a named backend cannot serve, or none could answer.
    """
    document = read_clip(home)
    sound = read_sound(home) if document.sound is not None else np.zeros((0, 1), np.int16)
    deaf = config.recognize.model_copy(update={"enabled": False})  # no recognizer is needed, or asked for
    kit = open_kit(config.model_copy(update={"recognize": deaf}), background=False)
    try:
        return replay(document, sound, config, kit, made_by(config, kit))
    finally:
        kit.close()


def replay(document: Document, sound: Channels, config: Config, kit: Kit, now: MadeBy) -> Replayed:
    """Return how a clip fares with a kit that was opened for this configuration; `now` is what runs in it.

    Raises:
        AudioInputError: the clip has no scores to compare, or its sound is not what it says.
        ProviderFailed: no backend could answer.
    """
    facts, curve = document.sound, document.curve
    if facts is None:
        raise AudioInputError(f"{document.id}: nothing to hear again: {document.no_sound}")
    if curve is None or not curve.ends:
        raise AudioInputError(
            f"{document.id}: a lost command has no scores to compare; to recognize it: edged transcribe"
        )
    if sound.shape != (facts.samples, len(facts.channels)):
        raise AudioInputError(f"{document.id}: its sound is not the one that clip.json speaks of")
    rows = _scores(document, sound, kit)
    answers = _Answers(document, curve, sound, config, kit)
    decisions: list[Decided] = []
    for index, end in enumerate(curve.ends):
        decisions += answers.at(index, end, rows[index])
    if document.ended:
        decisions += answers.at_the_end()
    columns = kit.scorers.heads.columns
    run = Run(
        scores={column: tuple(map(float, row)) for column, row in zip(columns, rows.T, strict=True)},
        speech={word: tuple(asked) for word, asked in answers.speech.items()},
        measured=tuple(answers.measured),
        decisions=tuple(decisions),
        backends={"features": kit.scorers.ran.features, "heads": kit.scorers.ran.heads},
        columns={wake.rule.word: columns[wake.column] for wake in kit.wakes},
        rules={wake.rule.word: wake.rule for wake in kit.wakes},
        made_by=now,
    )
    return compare(document, run)


def _scores(document: Document, sound: Channels, kit: Kit) -> Floats:
    """Return the scores of each hop of the curve, shape (hops, columns)."""
    facts, curve = document.sound, document.curve
    if facts is None or curve is None:
        raise ValueError("needs sound and a curve")
    heard = np.ascontiguousarray(sound[:, -1])
    features = Features(kit.scorers.features.stream())
    history = History(kit.scorers.before)
    scoring = Scoring(kit.scorers.heads)
    at = 0
    if facts.begins != "stream":
        features.resume(heard[:CONTEXT])
        at = CONTEXT
        history.resume(kit.scorers.before, LONG_AGO)
    rows = _rows(facts.history, document.id) if facts.begins == "history" else None
    found: dict[int, Floats] = {}
    wanted = set(curve.ends)
    for number, start in enumerate(range(at, len(heard) - HOP + 1, HOP), 1):
        history.push(features.push(heard[start : start + HOP]))
        end = facts.start + start + HOP
        if end in wanted:
            found[end] = scoring.score(history.rows, history.hops)
        if rows is not None and number == PRIME_STEPS:
            history.resume(rows, LONG_AGO)
    if len(found) < len(wanted):
        raise AudioInputError(f"{document.id}: its sound is shorter than its curve")
    return np.stack([found[end] for end in curve.ends])


def _rows(text: str, id: str) -> Floats:
    try:
        rows = np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float32)
        return rows.reshape(HISTORY, EMBEDDING)
    except (binascii.Error, ValueError) as exc:
        raise AudioInputError(f"{id}: its embeddings are damaged: {exc}") from exc


class _Answers:
    """The words of now, each from where its namesake of then was."""

    def __init__(self, document: Document, curve: Curve, sound: Channels, config: Config, kit: Kit) -> None:
        self._curve = curve
        self._kit = kit
        self._activators = [Activator(wake.rule) for wake in kit.wakes]
        for activator in self._activators:
            facts = document.words.get(activator.rule.word)
            if facts is not None:
                activator.remember(facts.memory)
        self._ring = Ring(max(len(sound), 1))
        self._sound = np.ascontiguousarray(sound[:, 0])
        self._start = document.sound.start if document.sound else 0
        self._ring.reset(self._start)
        lookback = round(config.heads.vad_lookback_s * SAMPLE_RATE)
        then = document.made_by.settings.get("heads.vad_lookback_s")
        self._as_then = then == f"{config.heads.vad_lookback_s:g}"
        self._gate = SpeechGate(SpeechMeter(kit.vad.stream()), lookback)
        self.speech: dict[str, list[float | None]] = {wake.rule.word: [] for wake in kit.wakes}
        self.measured: dict[str, None] = {}
        """Words in the order in which the gate had to be asked for them."""

    def at(self, index: int, end: int, scores: Floats) -> Sequence[Decided]:
        """Decide one hop of the curve."""
        self._ring.push(self._sound[self._ring.end - self._start : end - self._start])
        made: list[Decided] = []
        for activator, wake in zip(self._activators, self._kit.wakes, strict=True):
            word, score = wake.rule.word, float(scores[wake.column])
            speech = self._speech(word, index, end) if activator.wants_speech(score) else None
            self.speech[word].append(speech)
            listening = self._curve.listening.get(word, self._nobody)[index]
            decision = activator.update(score, end, speech, listening=listening)
            if decision is not None:
                made.append(decided(word, decision, index))
        return made

    def at_the_end(self) -> Sequence[Decided]:
        """Decide what the end of the stream decides."""
        made = [(activator.rule.word, activator.reset()) for activator in self._activators]
        return [decided(word, held, None) for word, held in made if held is not None]

    @property
    def _nobody(self) -> tuple[bool, ...]:
        return (False,) * len(self._curve.ends)

    def _speech(self, word: str, index: int, end: int) -> float:
        """Return what the gate was told then; where it was not asked, or looked back otherwise, ask it."""
        recorded = self._curve.speech.get(word)
        if recorded is not None and recorded[index] is not None and self._as_then:
            return recorded[index] or 0.0
        self.measured[word] = None
        return self._gate.highest(self._ring, end)
