"""The ear of an RK3588 board: wake word in, text out. Read `edged.stages` for the signal path.

From Python: `Ear` hears a stream, `Engine` turns a recording into text, `Model` scores as openWakeWord's
does. Nothing heavy is imported before one of them is asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from edged.api.ear import Ear
    from edged.api.engine import Engine, Result
    from edged.api.model import Model
    from edged.errors import AudioInputError, ConfigError, EdgedError, ModelError
    from edged.messages import Event, to_json

__all__ = [
    "AudioInputError",
    "ConfigError",
    "Ear",
    "EdgedError",
    "Engine",
    "Event",
    "Model",
    "ModelError",
    "Result",
    "__version__",
    "to_json",
]

_HOMES = {
    "Ear": "edged.api.ear",
    "Engine": "edged.api.engine",
    "Result": "edged.api.engine",
    "Model": "edged.api.model",
    "Event": "edged.messages",
    "to_json": "edged.messages",
    "EdgedError": "edged.errors",
    "ConfigError": "edged.errors",
    "ModelError": "edged.errors",
    "AudioInputError": "edged.errors",
}
"""Where each public name lives."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'edged' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
