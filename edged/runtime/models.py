"""The models of one run: looked up, verified, their licences asked for, remembered for `ready`."""

import logging
from collections.abc import Iterable
from pathlib import Path

from edged.catalog.licence import licence_problem, non_commercial
from edged.catalog.manifest import Kind, Model
from edged.catalog.search import find
from edged.catalog.verify import verify
from edged.errors import ModelError
from edged.messages import ModelInUse

log = logging.getLogger(__name__)

SELF_TEST_NOTE = "self-test recognizer: it proves the path and does not understand people"


class ModelsInUse:
    """Gives models by name and keeps what was given."""

    def __init__(self, folder: Path | None, accepted: Iterable[str] | None) -> None:
        """`folder` is searched first; `accepted` licences, or None to say a licence without asking for it."""
        self._folder = folder
        self._accepted = accepted
        self._given: dict[str, ModelInUse] = {}

    @property
    def given(self) -> tuple[ModelInUse, ...]:
        """What is in use, in the order it was asked for."""
        return tuple(self._given.values())

    def get(self, name: str, kind: Kind) -> Model:
        """Return a model whose files are what its manifest promises.

        Raises:
            ModelError: missing, damaged, of another kind, or its licence was not accepted.
        """
        model = find(name, kind, self._folder)
        verify(model)
        if self._accepted is not None:
            problem = licence_problem(model, self._accepted)
            if problem:
                raise ModelError(problem)
        elif non_commercial(model.licence):
            log.warning("%s is licensed %s: for non-commercial use only", model.name, model.licence)
        self_test = model.recognizer is not None and model.recognizer.self_test
        note = SELF_TEST_NOTE if self_test else None
        self._given[name] = ModelInUse(model.name, model.kind, model.licence, note)
        return model

    def file(self, name: str, kind: Kind) -> Path:
        """Return the file of a model that has one.

        Raises:
            ModelError: see `get`.
        """
        return self.get(name, kind).files["model"].path
