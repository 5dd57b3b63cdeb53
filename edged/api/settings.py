"""The configuration behind a public class: a file, the environment, and keywords over both."""

import os
from collections.abc import Mapping
from pathlib import Path

from edged.config.environment import ARGUMENT
from edged.config.load import load
from edged.config.schema import Config


def settled(config: str | os.PathLike[str] | None, settings: Mapping[str, object]) -> Config:
    """Return what is in force, found as the commands find it.

    config: a TOML file; None for /etc/edged/edged.toml, or the defaults where that does not exist.
    settings: `section__key` to its value, as in the environment's `EDGED__SECTION__KEY`.

    Raises:
        ConfigError: anything is wrong; all problems at once.
    """
    overrides = {name.replace("__", "."): value for name, value in settings.items()}
    return load(None if config is None else Path(config), overrides=overrides, overrides_from=ARGUMENT).config
