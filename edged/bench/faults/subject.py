"""The daemon under test: a real `edged run` on a microphone that can be pulled out, and all that it says."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from edged.backends.backend import Pcm
from edged.bench.faults.arecord import FOLDER
from edged.bench.memory import children
from edged.errors import EdgedError
from edged.geometry import HOP
from edged.runtime.report import NAME, Report, read

Event = dict[str, Any]
Wanted = Callable[[Event], bool]

SOURCE = "arecord:edged-bench"

ASKED = {"EDGED__SINKS__JSONL__SCORES": "true", "EDGED__TELEMETRY__STATS_S": "1"}
"""Every hop is told, and every second the counters."""


@dataclass(frozen=True, slots=True)
class Said:
    """An event and when it arrived here."""

    at: float
    """time.monotonic, seconds."""
    event: Event


class Microphone:
    """A folder that the scripted arecord looks into."""

    def __init__(self, folder: Path, loop: Pcm) -> None:
        self.folder = folder
        np.save(folder / "loop.npy", loop)
        script = folder / "arecord"
        # the interpreter's own path: the daemon's PATH may hold another Python
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m edged.bench.faults.arecord "$@"\n')
        script.chmod(0o755)

    def environment(self) -> dict[str, str]:
        """Return the daemon's surroundings: this arecord before any other."""
        path = f"{self.folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        return {**os.environ, "PATH": path, FOLDER: str(self.folder)}

    def breaks(self, how: str) -> float:
        """Break it: `gone` or `stalled`, or `hang` what hears it; return when."""
        (self.folder / how).touch()
        return time.monotonic()

    def returns(self) -> float:
        """Mend it; return when."""
        at = time.monotonic()
        for how in ("gone", "stalled", "hang"):
            (self.folder / how).unlink(missing_ok=True)
        return at


class Subject:
    """One daemon; its events are kept in the order in which they came."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: IO[bytes], status: Path) -> None:
        self.process = process
        self._status = status
        self.said: list[Said] = []
        self._log = log
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._listen, name="events")
        self._reader.start()

    def wait(self, what: str, wanted: Wanted, since: float, timeout_s: float) -> Said:
        """Return the first event of a kind that came after a moment.

        Raises:
            EdgedError: it did not come in time, or the daemon ended.
        """
        found: list[Said] = []

        def there() -> bool:
            found[:] = [said for said in self.said if said.at >= since and wanted(said.event)][:1]
            return bool(found) or self._ended

        with self._changed:
            self._changed.wait_for(there, timeout_s)
        if not found:
            why = f"the daemon ended: {self.last_words()}" if self._ended else f"waited {timeout_s:g} s"
            raise EdgedError(f"{what} never came: {why}")
        return found[0]

    def recognizer(self) -> int:
        """Return the process id of the recognizer's process.

        Raises:
            EdgedError: there is none.
        """
        for child in children(self.process.pid):
            with contextlib.suppress(OSError):
                if b"edged.stages.recognize.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return child
        raise EdgedError("the daemon has no recognizer process")

    def report(self) -> Report | None:
        """Return what `edged status` reads: for a daemon whose events go nowhere."""
        said = read(self._status)
        return said if isinstance(said, Report) and said.pid == self.process.pid else None

    def ask_to_stop(self, timeout_s: float = 12.0) -> int:
        """Send SIGTERM; return the exit code, -9 where it had to be killed."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
        code = self.process.wait()
        self._reader.join()
        return code

    def log(self) -> str:
        """Return all that it logged."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def last_words(self) -> str:
        """Return the last line of its log."""
        return "".join(self.log().strip().splitlines()[-1:])

    def _listen(self) -> None:
        assert self.process.stdout is not None  # asked for
        for line in self.process.stdout:
            said = Said(time.monotonic(), json.loads(line))
            with self._changed:
                self.said.append(said)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


@contextlib.contextmanager
def subject(
    microphone: Microphone, config: Path | None, events: str = "-", program: tuple[str, ...] = ("-m", "edged")
) -> Generator[Subject]:
    """Run a daemon on a microphone, with a `scores` event per hop, and end it whatever happens.

    events: as of `edged run`; what goes elsewhere than to `-` is not seen here.
    """
    command = [sys.executable, *program, "run", "--source", SOURCE, "--events", events]
    command += ["-c", str(config)] if config else []
    surroundings = {**microphone.environment(), **ASKED, "RUNTIME_DIRECTORY": str(microphone.folder)}
    with (microphone.folder / "log").open("w+b") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=surroundings)
        running = Subject(process, log, microphone.folder / NAME)
        try:
            yield running
        finally:
            running.ask_to_stop()
            assert process.stdout is not None  # asked for
            process.stdout.close()


def unexplained(said: list[Said]) -> int:
    """Return samples until the last `stats` that were neither scored, nor muted, nor lost with a cause."""
    told = [one.event for one in said if one.event["event"] == "stats"][-1]
    return told["sample"] - told["hops"] * HOP - told["gaps"] - told.get("muted", 0)
