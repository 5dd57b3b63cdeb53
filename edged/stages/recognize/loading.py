"""From a model's manifest and the configuration to what the child is asked to load."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from edged.catalog.manifest import Model
from edged.errors import ModelError
from edged.stages.recognize import requests
from edged.stages.recognize.families import FAMILIES, Mode
from edged.stages.recognize.forms import BEAM
from edged.stages.recognize.languages import choose
from edged.stages.recognize.recognizer import Hotword

Choice = Literal["auto", "streaming", "offline"]
Decoding = Literal["auto", "greedy_search", "modified_beam_search"]

BEATS = 3
"""Least signs of life within the limit; each wakes two processes, so there are few."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What the configuration asks of all texts; an utterance's `Options` come on top."""

    hotwords: tuple[Hotword, ...] = ()
    decoding: Decoding = "auto"
    """`auto`: as the model's manifest says, or so that its hotwords count."""
    language: str = ""
    itn: Model | None = None
    """Rules for numbers."""
    own_itn: bool = False
    """The model's own way with numbers, where it has one."""
    punctuation: Model | None = None
    min_confidence: float = 0.0
    filter: bool = False
    no_itn: str = ""
    """Why there are no rules though they are asked for: their model is missing."""
    no_punctuation: str = ""
    """The same for punctuation."""


AS_HEARD = Writing()


def request(
    model: Model,
    mode: Choice = "auto",
    threads: int = 1,
    nice: int = 0,
    beat_limit_s: float = 10.0,
    cpus: Iterable[int] = (),
    memory_mb: int = 0,
    writing: Writing = AS_HEARD,
    provider: str = "cpu",
) -> requests.Load:
    """Return the message that loads a model; `auto` prefers streaming where the model can.

    Raises:
        ModelError: no recognizer, or not in this mode, or it does not speak the language.
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
    return requests.Load(
        name=model.name,
        family=facts.family,
        mode=chosen,
        files=_paths(model),
        languages=model.languages,
        sample_rate=facts.sample_rate,
        min_audio_s=facts.min_audio_s,
        tail_padding_s=facts.tail_padding_s,
        self_test=facts.self_test,
        decoding=_decoding(model, chosen, writing),
        modeling_unit=facts.modeling_unit,
        hotwords=tuple(hotword.phrase for hotword in writing.hotwords),
        weights=tuple(hotword.weight for hotword in writing.hotwords),
        language=choose(writing.language, model.languages, f"[recognize] language: {model.name}"),
        itn=str(writing.itn.files["model"].path) if writing.itn else "",
        own_itn=writing.own_itn,
        punctuation=_paths(writing.punctuation) if writing.punctuation else {},
        min_confidence=writing.min_confidence,
        filter=writing.filter,
        no_itn=writing.no_itn,
        no_punctuation=writing.no_punctuation,
        provider=provider,
        threads=threads,
        nice=nice,
        cpus=tuple(sorted(cpus)),
        memory_mb=memory_mb,
        beat_s=beat_limit_s / BEATS,
    )


def _decoding(model: Model, mode: Mode, writing: Writing) -> str:
    """Beam search costs several times what greedy search does, so only hotwords that can count turn it on."""
    facts = model.recognizer
    assert facts is not None
    if writing.decoding != "auto":
        return writing.decoding
    form = FAMILIES[facts.family].get(mode)
    if writing.hotwords and facts.modeling_unit and form is not None and BEAM in form.decoding:
        return BEAM
    return facts.decoding


def _paths(model: Model) -> dict[str, str]:
    return {role: str(file.path) for role, file in model.files.items()}
