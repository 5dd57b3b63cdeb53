"""Which licences a person must have accepted before a model may be used."""

import re
from collections.abc import Iterable

from edged.catalog.manifest import Model


def non_commercial(licence: str) -> bool:
    """Say whether an SPDX name or expression forbids commercial use."""
    names = re.split(r"[\s()]+", licence)
    return any("NC" in name.upper().split("-") for name in names)


def licence_problem(model: Model, accepted: Iterable[str]) -> str | None:
    """Return why the model may not be used yet, as a sentence with the way out, or None.

    accepted: `models.accept_licences` of the configuration.
    """
    if not non_commercial(model.licence):
        return None
    if model.licence.casefold() in (name.strip().casefold() for name in accepted):
        return None
    return (
        f"{model.name} is licensed {model.licence}, for non-commercial use only: "
        f'if your use allows it, set [models] accept_licences = ["{model.licence}"]'
    )
