"""The configuration that is in force: file, parents, overlay, environment and command line, with origins."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from edged.config import keys
from edged.config.board import Chosen, board_of, lay_board
from edged.config.credentials import filled, references, secret
from edged.config.environment import COMMAND_LINE, lay_environment, lay_overrides
from edged.config.keys import Place
from edged.config.overlay import Overlay, beside, lay_overlay, read_overlay, settle_words
from edged.config.problems import leaves, not_built, sentence, value_at, wrong_forms
from edged.config.read import Layers, read
from edged.config.rules import broken_rules
from edged.config.schema import Config
from edged.errors import ConfigError

DEFAULT_FILE = Path("/etc/edged/edged.toml")
"""Read when no file is named, if it exists."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid configuration and where each value came from."""

    config: Config
    origins: Mapping[str, str]
    """Keys such as `heads.word[0].name` to `FILE:LINE`, `environment NAME`, `command line`,
    `argument` or `default`."""
    files: tuple[Path, ...]
    """Files read: the one named, then its parent, and so on."""
    board: Chosen | None = None
    """The board whose file lies below them, and why it is that one."""
    references: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Keys whose value is a secret to what the file says instead: `credential:NAME`."""
    overlay: Overlay | None = None
    """What was tuned on this machine, which lies between the board's file and the user's."""


def load(
    path: Path | None,
    environ: Mapping[str, str] = os.environ,
    overrides: Mapping[str, object] = MappingProxyType({}),
    overrides_from: str = COMMAND_LINE,
    secrets: bool = True,
    tuned: str | None = None,
) -> Loaded:
    """Return the effective configuration.

    Args:
        path: The TOML file; None for `/etc/edged/edged.toml`, or the defaults where that does not exist.
        environ: Its `EDGED__SECTION__KEY` variables replace values of the files.
        overrides: Values by dotted key that replace all others; None means not given.
        overrides_from: What problems and origins call them.
        secrets: Read what `credential:NAME` stands for; False where nobody uses it, as to show the file.
        tuned: Text to take for what `tuned.toml` beside the file holds; empty: as if there were none.

    Raises:
        ConfigError: Anything is wrong; all problems at once.
    """

    def lay_users(layers: Layers) -> Layers:
        """Lay all that is the user's own over what is there."""
        if path is not None or _is_there(DEFAULT_FILE):
            read(path or DEFAULT_FILE, layers)
        lay_environment(environ, layers)
        lay_overrides(overrides, layers, overrides_from)
        return layers

    layers = users = lay_users(Layers())
    board, overlay = board_of(layers), None
    if board is not None:  # its file and the overlay lie below the user's, which is why that is laid twice
        below = Layers()
        lay_board(board.name, below)
        overlay = read_overlay(beside(path or DEFAULT_FILE), below.problems, tuned)
        if overlay is not None:
            lay_overlay(overlay, below)
        layers = lay_users(below)
        if overlay is not None:
            settle_words(overlay, users, layers)
    named = dict(references(layers.data))
    data = filled(layers.data, _secrets(named, environ, layers)) if secrets else layers.data
    problems = [*layers.problems, *wrong_forms(layers, data), *not_built(layers)]
    if problems:
        raise ConfigError(*sorted(problems, key=_line))
    config = Config.model_validate_json(json.dumps(data, default=str), strict=True)
    broken = broken_rules(config, lambda place: value_at(place, layers.data) is not None)
    if problems := [sentence(place, what, layers) for place, what in broken]:
        raise ConfigError(*sorted(problems, key=_line))
    shown = {keys.dotted(place): reference for place, reference in named.items()}
    origins = MappingProxyType(_origins(config, layers))
    return Loaded(config, origins, tuple(layers.files), board, MappingProxyType(shown), overlay)


def _secrets(named: Mapping[Place, str], environ: Mapping[str, str], layers: Layers) -> dict[Place, str]:
    """Return what each reference stands for; what is missing is noted as a problem."""
    found: dict[Place, str] = {}
    for place, reference in named.items():
        try:
            found[place] = secret(reference, environ)
        except ConfigError as exc:
            layers.problems.append(sentence(place, str(exc), layers))
    return found


def _is_there(file: Path) -> bool:
    try:
        file.stat()
    except FileNotFoundError:
        return False
    except OSError:  # there, or hidden by its folder: reading it says why, the defaults would not
        return True
    return True


def _line(problem: str) -> tuple[str, int]:
    """Order problems as a person meets them: by file, then by line; what has no line comes last."""
    place = re.match(r"(.+?):(\d+): ", problem)
    return (place[1], int(place[2])) if place else (chr(0x10FFFF), 0)


def _origins(config: Config, layers: Layers) -> dict[str, str]:
    """Return where each effective value came from."""
    places = dict.fromkeys(keys.leaf_of(place) for place, _ in leaves(config.model_dump(mode="json")))
    origins: dict[str, str] = {}
    for place in places:
        is_set = value_at(place, layers.data) is not None
        origins[keys.dotted(place)] = (layers.origin(place) or "default") if is_set else "default"
    return origins
