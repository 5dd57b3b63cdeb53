"""The page of every key, written from the classes that define them: docs/configuration.md."""

from collections.abc import Iterator, Mapping
from typing import Any

from edged.config.board import boards, lay_board
from edged.config.keys import KEYS, Key, table_at
from edged.config.read import Layers
from edged.config.reload import LIVE
from edged.config.schema import Config
from edged.config.show import in_toml

HEAD = """\
# Configuration
<!-- Written by scripts/update-schemas from edged/config/schema.py and edged/config/boards. Do not edit. -->

One TOML file, `/etc/edged/edged.toml` or the one named with `-c`. What is not in it has the default
below. Unknown keys are errors, and `edged config check` tells every problem at once, with its line.

Who wins, strongest first: the command line; `EDGED__SECTION__KEY` in the environment, e.g.
`EDGED__HEADS__THRESHOLD=0.6`; the file; the file that it `extends`, and so on; `tuned.toml` beside the file,
where `edged tune` and `edged calibrate` put what they measured; the board's own file; the default. Tables
merge, scalars and lists replace. `edged config show` prints every value with where it came from.

A text may be `credential:NAME`: what systemd gives the service by `LoadCredential=NAME:FILE`, read when edged
starts and at each `SIGHUP`. What it stands for is never printed; one that is missing is an error.

`SIGHUP` reads the file again. Keys marked **live** are in force at once, all others at the next start; a
file that is wrong changes nothing, and the log says so. Other words need other models: where they change,
all of [heads] waits for the next start. The file of events is opened anew each time, so it can be
rotated. In a terminal `SIGHUP` ends edged, as it ends every program.
"""

COLUMNS = "| key | must be | default | what it does |\n|---|---|---|---|\n"

BOARDS = """\
## Boards
`board.name = "auto"` looks for the first of the device tree's `compatible` names that a board answers to;
what that board sets lies below your file. `edged config show` says which board was chosen and why.

| board | answers to | sets |
|---|---|---|
"""

LATER = """\
## Not built yet
These places are kept, so that files stay valid; setting one is refused by name.

| key | part |
|---|---|
"""


def as_markdown() -> str:
    """Return the page: every key with what may stand there, its default and what it does."""
    return "".join([HEAD, *_tables(), "\n", BOARDS, *_boards(), "\n", LATER, *_later()])


def _tables() -> Iterator[str]:
    table = ""
    for key in KEYS.values():
        name = key.name.rpartition(".")[0]
        if key.later is not None:
            continue
        if name != table:
            table = name
            yield f"\n## {_header(name)}\n{_about(name)}\n\n{COLUMNS}"
        yield _row(key)


def _row(key: Key) -> str:
    last = key.name.rpartition(".")[2]
    does = described(key)
    live = " **live**" if _is_live(key) else ""
    allowed = "a list of tables, below" if key.name == "heads.word" else key.allowed
    return f"| `{last}` | {_cell(allowed)} | {_default(key)} | {_cell(does)}{live} |\n"


def described(key: Key) -> str:
    """Return what a key does: its own words, or those of the key of [heads] that it stands in for."""
    about = str(key.form.get("description", ""))
    common = KEYS.get(f"heads.{key.name.removeprefix('heads.word[].')}")
    if not about and key.name.startswith("heads.word[].") and common is not None:
        return "As in [heads], for this word alone."
    return about


def _is_live(key: Key) -> bool:
    of_word = key.name.removeprefix("heads.word[].")
    if of_word != key.name:
        return of_word not in ("name", "model", "output")
    return key.name in LIVE and key.name != "heads.word"


def _default(key: Key) -> str:
    if key.name == "heads.word":
        return "one word, `hey_jarvis`"
    if "default" not in key.form:
        return "none: it must be there"
    value = key.form["default"]
    return "not set" if value is None else f"`{in_toml(value)}`"


def _header(name: str) -> str:
    return f"[[{name[:-2]}]]" if name.endswith("[]") else f"[{name}]"


def _about(name: str) -> str:
    place: list[str | int] = []
    for part in name.split("."):
        place += [part[:-2], 0] if part.endswith("[]") else [part]
    return (table_at(tuple(place)) or Config).__doc__ or ""


def _boards() -> Iterator[str]:
    for name, answers in boards().items():
        sets = ", ".join(f"`{key} = {in_toml(value)}`" for key, value in _settings(name)) or "nothing"
        yield f"| `{name}` | {', '.join(f'`{answer}`' for answer in answers) or 'all others'} | {sets} |\n"


def _settings(name: str) -> Iterator[tuple[str, Any]]:
    layers = Layers()
    lay_board(name, layers)
    for table, keys in layers.data.items():
        content: Mapping[str, Any] = keys
        yield from ((f"{table}.{key}", value) for key, value in content.items() if table != "board")


def _later() -> Iterator[str]:
    for key in KEYS.values():
        if key.later is not None:
            yield f"| `{key.name}` | {key.later.part} |\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
