"""A decision on its way to the disk: what the path took down of it, made a document by the writer.

The path only copies: of its threads it is the one that must not be late.
"""

import base64
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from edged.backends.backend import Floats
from edged.config.schema import ClipKind
from edged.messages import Ran
from edged.runtime.clips.document import (
    Backend,
    Begins,
    Curve,
    Decided,
    Document,
    MadeBy,
    SoundFacts,
    WordFacts,
)
from edged.runtime.clips.sound import Channels
from edged.stages.heads.activation import Decision, Heard, Memory
from edged.stages.heads.rule import Rule


@dataclass(frozen=True, slots=True)
class Considered:
    """What one word's rules were given at one hop, and what came of it."""

    memory: Memory
    """Before the hop."""
    speech: float | None
    listening: bool
    decision: Decision | None


@dataclass(slots=True)
class Hop:
    """What happened in one hop; complete once every word was considered."""

    end: int
    scores: Floats
    """Shape (columns,), a copy."""
    stages_ms: Mapping[str, float]
    ran: Ran
    words: list[Considered] = field(default_factory=list[Considered])
    """In the order of the configuration."""


@dataclass(frozen=True, slots=True)
class Begin:
    """Where the sound of a clip begins, and what the scores need besides it."""

    start: int
    """Index of its first sample."""
    how: Begins
    rows: Floats | None = None
    """Embeddings (34, 96) after its first ten hops, where `how` says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The sound of a clip."""

    begin: Begin
    raw: Sequence[Channels]
    """Pieces of it, each of shape (n, channels)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """One stream's words, as they are heard."""

    columns: tuple[str, ...]
    """Of the heads."""
    words: tuple[tuple[Rule, str], ...]
    """The rule of each word, and the column that it hears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Everything of one decision."""

    id: str
    kind: ClipKind
    word: str
    reason: str | None
    score: float
    stream: str
    utterance: int | None
    wall: str
    sample: int
    end_sample: int | None = None
    latency_ms: float | None = None
    sound: Taken | None = None
    no_sound: str = ""
    hops: Sequence[Hop] = ()
    listener: Listener | None = None
    ended: Sequence[Decided] | None = None
    """What the end of the stream, or of its unbroken part, decided; None where it goes on."""
    backends: Mapping[str, Backend] = field(default_factory=dict[str, Backend])
    stages_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    wake: str | None = None
    made_by: MadeBy


def written(kept: Kept) -> tuple[Document, Channels | None]:
    """Return a clip as it goes to the disk."""
    sound = np.concatenate(kept.sound.raw) if kept.sound is not None else None
    facts = None
    if kept.sound is not None and sound is not None:
        begin = kept.sound.begin
        facts = SoundFacts(
            start=begin.start,
            samples=len(sound),
            channels=("raw", "cleaned") if sound.shape[1] == 2 else ("raw",),
            begins=begin.how,
            history=""
            if begin.rows is None
            else base64.b64encode(begin.rows.astype("<f4").tobytes()).decode(),
        )
    listener = kept.listener
    document = Document(
        id=kept.id,
        kind=kept.kind,
        word=kept.word,
        reason=kept.reason,
        score=kept.score,
        stream=kept.stream,
        utterance=kept.utterance,
        wall=kept.wall,
        sample=kept.sample,
        end_sample=kept.end_sample,
        latency_ms=kept.latency_ms,
        sound=facts,
        no_sound=kept.no_sound,
        curve=_curve(kept.hops, listener) if listener and kept.hops else None,
        ended=kept.ended is not None,
        words=_words(kept.hops[0], listener) if listener and kept.hops else {},
        decisions=(*_decisions(kept.hops, listener), *(kept.ended or ())) if listener else (),
        backends=dict(kept.backends),
        stages_ms=dict(kept.stages_ms),
        wake=kept.wake,
        made_by=kept.made_by,
    )
    return document, sound


def _curve(hops: Sequence[Hop], listener: Listener) -> Curve:
    scores = np.stack([hop.scores for hop in hops]).T
    names = [rule.word for rule, _ in listener.words]
    stages = dict.fromkeys(itertools.chain.from_iterable(hop.stages_ms for hop in hops))
    return Curve(
        ends=tuple(hop.end for hop in hops),
        scores={column: tuple(map(float, row)) for column, row in zip(listener.columns, scores, strict=True)},
        speech={name: tuple(hop.words[index].speech for hop in hops) for index, name in enumerate(names)},
        listening={
            name: tuple(hop.words[index].listening for hop in hops) for index, name in enumerate(names)
        },
        stages_ms={stage: tuple(round(hop.stages_ms[stage], 3) for hop in hops) for stage in stages},
        backends={
            "features": tuple(hop.ran.features for hop in hops),
            "heads": tuple(hop.ran.heads for hop in hops),
        },
    )


def _words(first: Hop, listener: Listener) -> dict[str, WordFacts]:
    return {
        rule.word: WordFacts(column=column, rule=rule, memory=considered.memory)
        for (rule, column), considered in zip(listener.words, first.words, strict=True)
    }


def _decisions(hops: Sequence[Hop], listener: Listener) -> list[Decided]:
    return [
        decided(rule.word, considered.decision, index)
        for index, hop in enumerate(hops)
        for (rule, _), considered in zip(listener.words, hop.words, strict=True)
        if considered.decision is not None
    ]


def decided(word: str, decision: Decision, hop: int | None) -> Decided:
    """Return a decision as a document has it."""
    if isinstance(decision, Heard):
        return Decided(hop=hop, word=word, reason=None, score=decision.score, end_sample=decision.end_sample)
    return Decided(hop=hop, word=word, reason=decision.reason, score=decision.score)
