"""Secrets that are not in the file: `credential:NAME` stands for what systemd's LoadCredential gives.

systemd puts each credential into a file of its own, in a folder that only the service can read, and says
where in CREDENTIALS_DIRECTORY (systemd.exec(5)).
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from edged.config.keys import Place
from edged.errors import ConfigError

PREFIX = "credential:"
DIRECTORY = "CREDENTIALS_DIRECTORY"

NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}")
"""What may name a credential: a file of that folder and of no other."""

LARGEST = 1024 * 1024
"""Bytes of a credential, as systemd limits all of them together."""


def references(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield each text that stands for a credential, with its place; tables, lists and all in them."""
    if isinstance(value, str) and value.startswith(PREFIX):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            yield from references(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[Any]", value)):
            yield from references(inner, (*place, index))


def filled(value: Any, secrets: Mapping[Place, str], place: Place = ()) -> Any:
    """Return a copy of plain data with the text at each of those places replaced."""
    if place in secrets:
        return secrets[place]
    if isinstance(value, dict):
        table = cast("dict[str, Any]", value)
        return {key: filled(inner, secrets, (*place, key)) for key, inner in table.items()}
    if isinstance(value, list):
        return [
            filled(inner, secrets, (*place, index)) for index, inner in enumerate(cast("list[Any]", value))
        ]
    return value


def secret(reference: str, environ: Mapping[str, str]) -> str:
    """Return what a reference stands for, without the line end that editors leave behind it.

    Raises:
        ConfigError: there is no such credential, or it is no text; the sentence never holds it.
    """
    name = reference.removeprefix(PREFIX)
    if NAME.fullmatch(name) is None:
        raise ConfigError("a credential is named by letters, digits, '.', '_' and '-'")
    folder = environ.get(DIRECTORY)
    if not folder:
        raise ConfigError(f"${DIRECTORY} is not set: a service gets it by LoadCredential={name}:FILE")
    try:
        with Path(folder, name).open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as exc:
        why = (exc.strerror or "cannot be read").lower()
        raise ConfigError(
            f"{Path(folder, name)}: {why}; give the service LoadCredential={name}:FILE"
        ) from exc
    if len(raw) > LARGEST or b"\0" in raw:
        raise ConfigError(f"{Path(folder, name)}: not a text of at most {LARGEST} bytes")
    try:
        return raw.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{Path(folder, name)}: not UTF-8 text (byte {exc.start})") from exc
