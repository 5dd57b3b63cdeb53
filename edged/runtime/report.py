"""What the daemon says of itself, as a file that any user of the machine may read.

The file is replaced whole, so a reader sees the old one or the new one. It holds the time of its writing by
the machine's monotonic clock: a daemon that is stuck or dead is told by its silence, whatever it said last.
"""

import dataclasses
import json
import logging
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from edged.config.sysroot import on_machine

log = logging.getLogger(__name__)

NAME = "status.json"
SYSTEM = "/run/edged"
"""Where the service's run folder is, also for those who have no RUNTIME_DIRECTORY in their environment."""

STALE_S = 10.0
"""Seconds of silence after which a daemon counts as stuck: it writes every 2."""

State = Literal["starting", "hearing", "muted", "deaf", "stopping"]


@dataclass(frozen=True, slots=True)
class Backend:
    """One link of a stage's chain."""

    stage: str
    provider: str
    state: str
    """serving, standby, refused, demoted or unavailable."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wake:
    """The last activation."""

    word: str
    score: float
    wall: str
    """UTC, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the daemon says of itself."""

    pid: int
    version: str
    started: str
    """UTC, ISO 8601, as all times but `beat_s`."""
    written: str
    beat_s: float
    """CLOCK_MONOTONIC at the writing, the same clock for all processes of a machine."""
    state: State
    reason: str
    """Why it is deaf, or what it waits for; empty while it hears."""
    since: str
    """When this state began."""
    degraded: tuple[str, ...] = ()
    """What works less well than was asked for, a sentence each."""
    words: tuple[str, ...] = ()
    recognizer: str | None = None
    backends: tuple[Backend, ...] = ()
    last_wake: Wake | None = None
    level_dbfs: float | None = None
    counters: dict[str, int] = field(default_factory=dict[str, int])
    temperatures_c: dict[str, float] = field(default_factory=dict[str, float])
    muted: bool = False
    """Somebody wants nothing to be heard, also where `state` says something worse."""
    socket: str = ""
    """Where it takes commands; empty: nowhere."""
    v: int = 1


class ReportFile:
    """The file of one daemon. A second daemon of the same user leaves it to the first."""

    def __init__(self, path: Path | None) -> None:
        """`path`: None where there is no run folder; then nothing is written."""
        self.path = path
        self._ours = False
        self._told = ""

    def write(self, report: Report) -> None:
        """Replace the file; what stands in the way is said once, and the daemon goes on."""
        if self.path is None:
            return
        other = None if self._ours else read(self.path)
        if isinstance(other, Report) and other.pid != report.pid and is_alive(other):
            self._tell(f"{self.path} is told by another edged (pid {other.pid}); this run tells none")
            return
        try:
            self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            fresh = self.path.with_name(f"{NAME}.new")
            fresh.write_text(json.dumps(dataclasses.asdict(report), allow_nan=False), encoding="utf-8")
            fresh.chmod(0o644)  # the unit's umask would keep it from everybody else
            fresh.replace(self.path)
        except (OSError, ValueError) as exc:  # ValueError: a number that JSON has no word for
            self._tell(f"{self.path} cannot be written: {exc}")
            return
        self._ours = True

    def remove(self) -> None:
        """Take the file away where it is ours: this daemon ended as it should."""
        if self._ours and self.path is not None:
            self.path.unlink(missing_ok=True)
            self._ours = False

    def _tell(self, sentence: str) -> None:
        if sentence != self._told:
            log.warning("status: %s", sentence)
            self._told = sentence


def own_file() -> Path | None:
    """Return where a daemon started here tells its state; None where it has no run folder."""
    managed = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if managed:
        return Path(managed) / NAME
    session = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    if session.is_absolute():
        return session / "edged" / NAME
    return on_machine(SYSTEM) / NAME if os.geteuid() == 0 else None


def files() -> list[Path]:
    """Return the files in which daemons of this machine may tell their state, the nearest first."""
    own = own_file()
    return list(dict.fromkeys([*([own] if own else []), on_machine(SYSTEM) / NAME]))


def read(file: Path) -> Report | str | None:
    """Return what a file says; a sentence where it cannot be understood, None where it is not there."""
    from pydantic import TypeAdapter, ValidationError  # only who reads pays for it

    try:
        return TypeAdapter(Report).validate_json(file.read_bytes(), strict=True)
    except FileNotFoundError:
        return None
    except OSError as exc:
        return f"{file}: {(exc.strerror or str(exc)).lower()}"
    except ValidationError:
        return f"{file}: is not a state that this version of edged wrote"


def is_alive(report: Report) -> bool:
    """Return whether its writer runs and spoke lately."""
    return silence_s(report) <= STALE_S and process_is_there(report.pid)


def silence_s(report: Report) -> float:
    """Return the seconds since it was written; infinite where the machine was started since."""
    age = time.monotonic() - report.beat_s
    return age if age >= 0 else float("inf")


def process_is_there(pid: int) -> bool:
    """Return whether a process of that number runs, whosever it is."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
