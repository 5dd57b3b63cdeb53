"""From a model's manifest and the configuration to what the child is asked to load."""

from collections.abc import Iterable
from typing import Literal

from edged.catalog.manifest import Model
from edged.errors import ModelError
from edged.stages.recognize import wire
from edged.stages.recognize.families import FAMILIES

Choice = Literal["auto", "streaming", "offline"]

BEATS = 3
"""Least signs of life within the limit; each wakes two processes, so there are few."""


def request(
    model: Model,
    mode: Choice = "auto",
    threads: int = 1,
    nice: int = 0,
    beat_limit_s: float = 10.0,
    cpus: Iterable[int] = (),
    memory_mb: int = 0,
) -> wire.Load:
    """Return the message that loads a model; `auto` prefers streaming where the model can.

    Raises:
        ModelError: no recognizer, or not in this mode.
    """
    facts = model.recognizer
    if model.kind != "recognizer" or facts is None:
        raise ModelError(f"{model.name}: is a model of kind {model.kind!r}, not a recognizer")
    if facts.family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise ModelError(f"{model.name}: family {facts.family!r} is not known; known: {known}")
    chosen = mode if mode != "auto" else "streaming" if "streaming" in facts.modes else "offline"
    if chosen not in facts.modes:
        raise ModelError(f"{model.name}: has no mode {chosen!r}; it has {', '.join(facts.modes) or 'none'}")
    return wire.Load(
        name=model.name,
        family=facts.family,
        mode=chosen,
        files={role: str(file.path) for role, file in model.files.items()},
        languages=model.languages,
        sample_rate=facts.sample_rate,
        min_audio_s=facts.min_audio_s,
        tail_padding_s=facts.tail_padding_s,
        self_test=facts.self_test,
        threads=threads,
        nice=nice,
        cpus=tuple(sorted(cpus)),
        memory_mb=memory_mb,
        beat_s=beat_limit_s / BEATS,
    )
