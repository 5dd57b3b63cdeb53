"""A child process tells its parent what it measured, or in a sentence why it did not: one JSON object."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from edged.errors import EdgedError


def reason(exc: EdgedError) -> str:
    """Return what is wrong, without the provider that the parent names itself."""
    return str(getattr(exc, "reason", exc))


def tell(
    fd: int, measure: Callable[[], Mapping[str, Any]], why: Callable[[EdgedError], str] = reason
) -> None:
    """Measure, and write what came of it to the descriptor `fd`, which is closed then.

    why: makes the sentence of an error of ours.
    """
    try:
        said = measure()
    except EdgedError as exc:
        said = {"why": why(exc)}
    except Exception as exc:  # noqa: BLE001 - whatever a driver raises, the parent is told
        said = {"why": f"{type(exc).__name__}: {exc}"}
    with os.fdopen(fd, "w") as out:
        json.dump(said, out)
