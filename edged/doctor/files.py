"""The configuration and the folders of the service: there, in the right hands, with room left."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from edged.config.load import DEFAULT_FILE
from edged.config.sysroot import on_machine
from edged.doctor.accounts import how_locked
from edged.doctor.case import Case
from edged.doctor.finding import Finding

NAME = "files"

FOLDERS = {"state": "/var/lib/edged", "cache": "/var/cache/edged", "run": "/run/edged"}
"""Made by systemd at the start of the service (StateDirectory= and so on)."""

LITTLE_MB, NONE_MB = 200, 10
"""Room below which models and clips may not fit any more; below which nothing does."""


def check(case: Case) -> Iterator[Finding]:
    """Say what is wrong with the configuration, then with the folders."""
    yield from _configuration(case)
    for name, path in FOLDERS.items():
        yield from _folder(case, name, on_machine(path))


def _configuration(case: Case) -> Iterator[Finding]:
    for problem in case.problems:
        what = f"configuration: {problem}"
        yield Finding(NAME, "broken", what, f"edit {case.file}; `edged config check` says when it is good")
    if case.loaded is None:
        return
    files = case.loaded.files
    if not files:
        yield Finding(NAME, "good", f"configuration: {DEFAULT_FILE} does not exist, defaults are in force")
        return
    tuned = f", tuned by {case.loaded.overlay.file}" if case.loaded.overlay else ""
    yield Finding(NAME, "good", f"configuration: {', '.join(str(file) for file in files)}{tuned}")
    for file in files:
        if not case.runs_as.may(file, 0o4):
            what = f"configuration: {case.runs_as.name} may not read {file} ({how_locked(file)})"
            yield Finding(NAME, "broken", what, f"sudo chmod o+r {file}; a secret belongs into credentials")


def _folder(case: Case, name: str, folder: Path) -> Iterator[Finding]:
    try:
        there = folder.is_dir()
    except PermissionError:
        yield Finding(NAME, "good", f"{name}: {folder} is hidden from {case.me.name}")
        return
    if not there:
        yield Finding(NAME, "good", f"{name}: {folder} is made when the service starts")
    elif case.service and not case.service.may(folder):
        what = f"{name}: {case.service.name} may not write into {folder} ({how_locked(folder)})"
        remedy = f"sudo chown -R {case.service.name}: {folder}"
        yield Finding(NAME, "degraded", what, remedy)
    if name != "run":
        place = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
        yield room(name, folder, shutil.disk_usage(place).free // 1_000_000)


def room(name: str, folder: Path, free_mb: int) -> Finding:
    """Return what so many megabytes mean for a folder."""
    what = f"{name}: {free_mb} MB free for {folder}"
    remedy = "make room: `sudo journalctl --vacuum-size=100M`, `sudo apt clean`, models that nobody uses"
    if free_mb >= LITTLE_MB:
        return Finding(NAME, "good", what)
    return Finding(NAME, "broken" if free_mb < NONE_MB else "degraded", what, remedy)
