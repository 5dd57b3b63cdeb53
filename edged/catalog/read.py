"""`model.toml` to a Model, or one sentence that says what is wrong with it."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from edged.catalog.manifest import Model
from edged.catalog.sheet import Sheet, sentence
from edged.errors import ModelError

SHEET = "model.toml"
MAX_BYTES = 64 * 1024
"""A longer file is no model.toml, whatever it is called."""


def read_model(folder: Path) -> Model:
    """Read the model.toml of a folder; its files are not looked at.

    Raises:
        ModelError: absent, unreadable, no TOML, or a key that is unknown, missing or wrong.
    """
    path = folder.absolute() / SHEET
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise ModelError(f"{path}: {exc.strerror or exc}") from exc
    if len(raw) > MAX_BYTES:
        raise ModelError(f"{path}: longer than {MAX_BYTES} bytes, no model.toml")
    return parse_model(raw, path)


def parse_model(raw: bytes, path: Path) -> Model:
    """Read the bytes of a model.toml that lies, or would lie, at `path`.

    Raises:
        ModelError: see `read_model`.
    """
    try:
        table = tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as exc:  # bad TOML, bad UTF-8, a number too long, nesting too deep
        raise ModelError(f"{path}: not TOML ({exc})") from exc
    try:
        return Sheet.model_validate(table).model(path.parent)
    except ValidationError as exc:
        raise ModelError(f"{path}: {sentence(exc)}") from exc
