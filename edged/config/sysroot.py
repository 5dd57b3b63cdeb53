"""Where the machine's own files lie: another root in tests and containers, `/` everywhere else."""

import os
from pathlib import Path

VARIABLE = "EDGED_SYSROOT"
"""Prefix of every read below /sys, /proc and /dev."""


def on_machine(path: str) -> Path:
    """Return where an absolute path of the machine is to be read."""
    return Path(os.environ.get(VARIABLE) or "/") / path.lstrip("/")
