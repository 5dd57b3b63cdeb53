"""Each model of the configuration: present, whole, its licence accepted, and where the service sees it."""

from collections.abc import Iterator
from pathlib import Path

from edged.catalog.known import known
from edged.catalog.licence import licence_problem
from edged.catalog.manifest import Kind, Model
from edged.catalog.search import find
from edged.catalog.verify import verify
from edged.config.schema import Config
from edged.doctor.accounts import how_locked
from edged.doctor.case import Case
from edged.doctor.finding import Finding
from edged.errors import ModelError
from edged.runtime.models import SELF_TEST_NOTE
from edged.runtime.words import model_name
from edged.runtime.writing import OWN

NAME = "models"
SPARED = ("itn", "punctuation")
"""Kinds without which texts come as they were spoken."""


def check(case: Case) -> Iterator[Finding]:
    """Verify every model by its contents, as the daemon does when it starts."""
    for name, kind in wanted(case.config):
        try:
            model = find(name, kind, case.config.models.dir)
            verify(model)
        except ModelError as exc:
            yield Finding(NAME, "degraded" if kind in SPARED else "broken", str(exc), _remedy(name))
            continue
        problem = licence_problem(model, case.config.models.accept_licences)
        if problem:
            what, _, remedy = problem.partition(": ")
            yield Finding(NAME, "broken", what, remedy)
        else:
            yield from _usable(case, name, kind, model)


def wanted(config: Config) -> list[tuple[str, Kind]]:
    """Return name and kind of each model that the configuration asks for, each once."""
    asked: list[tuple[str, Kind]] = [
        (config.features.melspectrogram, "melspectrogram"),
        (config.features.embedding, "embedding"),
        *((model_name(word), "head") for word in config.heads.word),
        (config.listen.vad, "vad"),
    ]
    if config.recognize.enabled:
        asked.append((config.recognize.model, "recognizer"))
        if config.recognize.itn not in ("", OWN):
            asked.append((config.recognize.itn, "itn"))
        if config.recognize.punctuation:
            asked.append((config.recognize.punctuation, "punctuation"))
    return list(dict.fromkeys(asked))


def _usable(case: Case, name: str, kind: Kind, model: Model) -> Iterator[Finding]:
    hidden = _hidden(case, model)
    if hidden is not None:
        what = f"{name}: the service may not read {hidden} ({how_locked(hidden)})"
        yield Finding(
            NAME, "broken", what, f"sudo edged models pull {name}, which puts it where the service looks"
        )
    elif model.recognizer is not None and model.recognizer.self_test:
        remedy = "`edged models list` shows recognizers; pull one and set [recognize] model"
        yield Finding(NAME, "degraded", f"{name}: {SELF_TEST_NOTE}", remedy)
    else:
        yield Finding(NAME, "good", f"{name}: {kind}, whole, {model.licence} ({model.folder})")


def _hidden(case: Case, model: Model) -> Path | None:
    """Return a file or folder of the model that the service's user may not read: somebody's own, often."""
    if case.service is None:
        return None
    for file in model.files.values():
        for folder in reversed(file.path.parents):
            if not case.service.may(folder, 0o1):
                return folder
        if not case.service.may(file.path, 0o4):
            return file.path
    return None


def _remedy(name: str) -> str:
    if name in known():
        return f"sudo edged models pull {name}"
    return "`edged models list` shows what there is; `edged models import` takes your own"
