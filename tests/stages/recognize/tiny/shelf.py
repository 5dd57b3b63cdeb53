"""Tiny models as a user has them: a folder each, with its model.toml."""

import hashlib
from dataclasses import replace
from pathlib import Path

from edged.catalog.manifest import Model
from edged.catalog.write import model_toml


def shelved(model: Model) -> Path:
    """Write the model.toml of a model, and return its folder."""
    files = {
        role: replace(file, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        for role, file in model.files.items()
        for data in [file.path.read_bytes()]
    }
    (model.folder / "model.toml").write_text(model_toml(replace(model, files=files)), encoding="utf-8")
    return model.folder
