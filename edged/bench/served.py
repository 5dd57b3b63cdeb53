"""A daemon with every front end on a free port of this machine, beside a microphone; and what it costs."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edged.bench.faults.subject import SOURCE, Microphone
from edged.bench.memory import children, memory_mb
from edged.errors import EdgedError
from edged.geometry import HOP
from edged.serve.clients.visit import Door

FRONT_ENDS = ("wyoming", "funasr", "sherpa", "openai")
LISTENS = re.compile(r"(\w+): listens on \S+ port (\d+)")
OFFLINE = re.compile(r"sherpa: takes whole files on \S+ port (\d+)")
READY_S = 60.0
STOP_S = 15.0

Metrics = Mapping[tuple[str, ...], float]
"""Value by name and values of labels."""

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
LABEL = re.compile(r'\w+="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the daemon at one moment."""

    at: float
    """time.monotonic, seconds."""
    cpu_s: float
    """Processor time of its own process since its start."""
    rss_mb: float
    """MiB of its own process."""
    children_mb: float
    """MiB of its recognizers."""


class Served:
    """One daemon that listens."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self._log = log

    def door(self) -> Door:
        """Return where it listens, once it does and hears.

        Raises:
            EdgedError: it does not come to that.
        """
        until = time.monotonic() + READY_S
        while time.monotonic() < until and self.process.poll() is None:
            said = self._log.read_text(errors="replace")
            ports = {name: int(port) for name, port in LISTENS.findall(said)}
            if (files := OFFLINE.search(said)) is not None:
                ports["sherpa_files"] = int(files[1])
            if ports.keys() >= {*FRONT_ENDS, "sherpa_files"} and self._hears(ports["openai"]):
                return Door(ports)
            time.sleep(0.1)
        last = self._log.read_text(errors="replace").strip().splitlines()[-1:]
        raise EdgedError(f"no measurement, the front ends do not serve: {''.join(last)}")

    def metrics(self, door: Door) -> Metrics:
        """Return its metrics of the moment."""
        with urllib.request.urlopen(f"http://{door.host}:{door.ports['openai']}/metrics", timeout=10) as said:
            text: str = said.read().decode()
        return {(name, *LABEL.findall(labels)): float(value) for name, labels, value in SAMPLE.findall(text)}

    def cost(self) -> Cost:
        """Return what it costs."""
        pid = self.process.pid
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        recognizers = 0.0
        for child in children(pid):
            with contextlib.suppress(OSError, KeyError):  # it has just ended
                recognizers += memory_mb(child)["rss"]
        cpu_s = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        return Cost(time.monotonic(), cpu_s, memory_mb(pid)["rss"], recognizers)

    def _hears(self, port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=10):
                return True
        except OSError:  # 503 as well: not yet
            return False


@contextlib.contextmanager
def served(microphone: Microphone, config: Path | None, asked: Mapping[str, Any]) -> Generator[Served]:
    """Run a daemon on a microphone, with every front end, and end it whatever happens.

    asked: keys of [serve] beside those that open the front ends.
    """
    keys = {f"{name}__enabled": "true" for name in FRONT_ENDS} | {f"{name}__port": 0 for name in FRONT_ENDS}
    keys |= {"sherpa__offline_port": 0, **asked}
    environment = {f"EDGED__SERVE__{key.upper()}": str(value) for key, value in keys.items()}
    command = [sys.executable, "-m", "edged", "run", "--source", SOURCE, "--events", os.devnull]
    command += ["-c", str(config)] if config else []
    surroundings = {**microphone.environment(), **environment, "RUNTIME_DIRECTORY": str(microphone.folder)}
    log = microphone.folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, env=surroundings)
        try:
            yield Served(process, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def missed(before: Metrics, after: Metrics) -> int:
    """Return hops of the microphone that were not heard between two looks."""
    gaps = grown(before, after, "edged_gap_samples_total")
    return -(-int(gaps) // HOP) + int(
        after.get(("edged_mailbox_dropped_total", "capture"), 0)
        - before.get(("edged_mailbox_dropped_total", "capture"), 0)
    )


def grown(before: Metrics, after: Metrics, name: str) -> float:
    """Return by how much a number without labels grew between two looks."""
    return after.get((name,), 0.0) - before.get((name,), 0.0)
