"""Which installed or listed models this version cannot run yet, and why."""

from edged.catalog.manifest import Model
from edged.stages.recognize.families import FAMILIES

NOT_BUILT = {
    "keywords": "keyword spotting",
    "denoise": "noise suppression",
}
"""Kinds of model without a stage that uses them."""


def not_run_yet(model: Model) -> str | None:
    """Return what is missing to run it, or None."""
    if model.kind in NOT_BUILT:
        return f"{NOT_BUILT[model.kind]} is not built yet"
    asr = model.recognizer
    if asr is None or any(mode in FAMILIES.get(asr.family, {}) for mode in asr.modes):
        return None
    return f"recognizers of the family {asr.family} are not built yet"
