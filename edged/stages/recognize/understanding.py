"""What is opened beside a model, in the child: what it can be asked for, and who writes its texts."""

from dataclasses import dataclass
from pathlib import Path

from edged.errors import ModelError
from edged.stages.recognize.asking import Abilities, Asking
from edged.stages.recognize.building import form_of
from edged.stages.recognize.encoding import Spelling
from edged.stages.recognize.preflight import Metadata, spelled
from edged.stages.recognize.punctuation import Punctuation, open_punctuation
from edged.stages.recognize.recognizer import Capabilities
from edged.stages.recognize.requests import Load
from edged.stages.recognize.rules import Rules, read_rules
from edged.stages.recognize.writer import FAILED, Writer


@dataclass(frozen=True, slots=True)
class Understanding:
    """Of one model and configuration."""

    asking: Asking
    writer: Writer
    capabilities: Capabilities


def understanding(load: Load, numbers: Metadata) -> Understanding:
    """Open what a model's texts need. What cannot be opened is a note, and texts come without it.

    load: of a model that passed `preflight`, whose `numbers` are given.
    """
    form = form_of(load)
    rules, no_itn = _rules(load)
    punctuation, no_punctuation = _punctuation(load)
    spelling = spelled(load)
    notes = [why for why in (no_itn, no_punctuation) if why]
    if load.hotwords and not isinstance(spelling, Spelling):
        notes.append(f"hotwords are ignored: {spelling}")
    if load.own_itn and not form.own_itn:
        notes.append(f"models of family {load.family} have no way of their own with numbers")
    if load.min_confidence and not form.sure:
        notes.append(f"min_confidence is ignored: models of family {load.family} never say how sure they are")
    can = Abilities(form.own_itn, rules is not None, punctuation is not None, no_itn, no_punctuation)
    return Understanding(
        Asking(load, spelling, can),
        Writer(rules, punctuation, load.min_confidence, load.filter),
        Capabilities(
            model=load.name,
            family=load.family,
            mode="streaming" if load.mode == "streaming" else "offline",
            words=bool(numbers["timed"]),
            languages=load.languages,
            self_test=load.self_test,
            provider=load.provider,
            confidence=form.sure,
            hotwords=isinstance(spelling, Spelling),
            itn=can.itn or can.own_itn,
            punctuation=can.punctuation,
            notes=tuple(notes),
        ),
    )


def _rules(load: Load) -> tuple[Rules | None, str]:
    if not load.itn:
        return None, load.no_itn
    try:
        return read_rules(Path(load.itn)), ""
    except ModelError as exc:
        return None, f"numbers stay as they were spoken: {exc}"


def _punctuation(load: Load) -> tuple[Punctuation | None, str]:
    if not load.punctuation:
        return None, load.no_punctuation
    try:
        return open_punctuation(load.punctuation, load.threads), ""
    except (ModelError, *FAILED) as exc:
        lines = str(exc).splitlines() or [type(exc).__name__]
        return None, f"no punctuation is added: {lines[0]:.200}"
