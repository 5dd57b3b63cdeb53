"""The text of `tuned.toml`: settings, each with the measurement it comes from behind it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edged.config.keys import Place
from edged.config.lines import TOKEN
from edged.config.overlay import WORDS, Overlay, read_overlay
from edged.config.show import in_toml
from edged.errors import ConfigError

HEAD = """\
# Written by `edged tune` and `edged calibrate`. A value that stands in your own file wins over the one here.
# `edged tune diff` shows what these change, `edged tune rollback` takes the last change back.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One value for the overlay."""

    place: Place
    """Of a word by its name: `("heads", "word", "alexa", "threshold")`."""
    value: Any
    why: str = ""
    """One line: what was measured."""


def settings_of(file: Path, text: str | None = None) -> tuple[Setting, ...]:
    """Return what an overlay or a profile says; nothing where there is no such file.

    text: what to take for the content of the file.

    Raises:
        ConfigError: it cannot be read, or holds what belongs into the user's own file.
    """
    problems: list[str] = []
    overlay = read_overlay(file, problems, text)
    if problems:
        raise ConfigError(*problems)
    if overlay is None:
        return ()
    said = (file.read_bytes().decode("utf-8-sig") if text is None else text).splitlines()
    return tuple(_with_reason(overlay, place, said) for place in overlay.values)


def merged(old: Iterable[Setting], new: Iterable[Setting]) -> tuple[Setting, ...]:
    """Return both; where both say something of one key, the new one counts."""
    return tuple({setting.place: setting for setting in (*old, *new)}.values())


def as_text(settings: Iterable[Setting]) -> str:
    """Return the file that says these, empty for none."""
    tables: dict[Place, list[Setting]] = {}
    for setting in settings:
        tables.setdefault(setting.place[:-1], []).append(setting)
    if not tables:
        return ""
    # what stands before any header would belong to no table: top-level keys come first
    ordered = sorted(tables, key=lambda table: (bool(table), table[:2] == WORDS))
    return HEAD + "".join("".join(_table(table, tables[table])) for table in ordered)


def _table(table: Place, settings: Iterable[Setting]) -> Iterator[str]:
    if table[:2] == WORDS:
        yield f"\n[[heads.word]]\nname = {in_toml(table[2])}\n"
    elif table:
        yield f"\n[{'.'.join(map(str, table))}]\n"
    for setting in settings:
        why = f"  # {' '.join(setting.why.split())}" if setting.why else ""
        yield f"{setting.place[-1]} = {in_toml(setting.value)}{why}\n"


def _with_reason(overlay: Overlay, place: Place, said: list[str]) -> Setting:
    line = int(overlay.origins[place].rpartition(":")[2])
    comments = [match[0] for match in TOKEN.finditer(said[line - 1]) if match[0].startswith("#")]
    return Setting(place, overlay.values[place], comments[0].lstrip("# ") if comments else "")


def reasons(settings: Iterable[Setting]) -> Mapping[Place, str]:
    """Return the measurement behind each setting."""
    return {setting.place: setting.why for setting in settings}
