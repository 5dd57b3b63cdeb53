"""How much memory edged takes on a board: the daemon alone, no recognizer, hearing sound at its real pace."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from os import environ
from pathlib import Path
from typing import Any

from edged.backends.backend import Pcm
from edged.config.load import load
from edged.errors import ConfigError, EdgedError
from edged.geometry import HOP, HOP_SECONDS

KIB = 1024


def run(
    utterances: Sequence[Pcm], config: Path | None = None, seconds: float = 20.0, speed: float = 1.0
) -> dict[str, Any]:
    """Start `edged run` on a pipe, play recordings into it in turn and look at its memory.

    The wake word belongs into the recordings: a command that is listened to costs memory as well.

    Args:
        utterances: shape (n,) each, int16, 16 kHz.
        config: as `edged run -c`.
        seconds: of sound before the last look.
        speed: times real time.

    Returns:
        Megabytes (2**20 bytes) at the end: resident, proportional (shared pages divided among those who
        share them) and the peak of the resident ones.

    Raises:
        EdgedError: the daemon ended before the last look; what it said is in it.
    """
    hops = [pcm[at : at + HOP].tobytes() for pcm in utterances for at in range(0, len(pcm), HOP)]
    count = max(1, round(seconds / HOP_SECONDS))
    command = [sys.executable, "-m", "edged", "run", "--source", "stdin:16000", "--events", "/dev/null"]
    if config is not None:
        command += ["-c", str(config)]
    surroundings = {**environ, **alone(config), "EDGED__RECOGNIZE__ENABLED": "false"}
    with tempfile.TemporaryFile() as said:
        daemon = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said, env=surroundings)
        try:
            _play(daemon, [hops[index % len(hops)] for index in range(count)], speed)
            found = memory_mb(daemon.pid)
        except (OSError, KeyError) as exc:  # a pipe that nobody reads, a process that is no more
            daemon.kill()
            daemon.wait()
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:]
            raise EdgedError(f"no measurement, edged run ended: {''.join(last) or exc}") from exc
        finally:
            daemon.kill()
            daemon.communicate()
    return {"bench": "memory", "unit": "MiB", "seconds": round(count * HOP_SECONDS / speed, 1), **found}


def alone(file: Path | None) -> dict[str, str]:
    """Return what switches off the addresses and files that a daemon beside this one may hold already."""
    try:
        config = load(file, secrets=False).config
    except ConfigError:  # the daemon that is measured says it
        return {}
    found = {
        f"EDGED__TELEMETRY__{name.upper()}": ""
        for name in ("metrics", "metrics_file")
        if getattr(config.telemetry, name)
    }
    for name in type(config.serve).model_fields:
        if getattr(getattr(config.serve, name), "enabled", False):
            found[f"EDGED__SERVE__{name.upper()}__ENABLED"] = "false"
    return found


def memory_mb(pid: int) -> dict[str, float]:
    """Return a process's memory, from /proc: `rss`, `pss`, `peak_rss`.

    Raises:
        OSError, KeyError: there is no such process any more.
    """
    process = Path("/proc", str(pid))
    rollup, status = _fields(process / "smaps_rollup"), _fields(process / "status")
    kib = {"rss": rollup["Rss"], "pss": rollup["Pss"], "peak_rss": status["VmHWM"]}
    return {name: round(int(value.split()[0]) / KIB, 1) for name, value in kib.items()}


def children(pid: int) -> list[int]:
    """Return the process ids of a process's children, from /proc.

    Raises:
        OSError: there is no such process any more.
    """
    tasks = Path(f"/proc/{pid}/task").iterdir()  # a child belongs to the thread that started it
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _fields(path: Path) -> dict[str, str]:
    pairs = (line.partition(":") for line in path.read_text().splitlines())
    return {name: value for name, _, value in pairs}


def _play(daemon: "subprocess.Popen[bytes]", hops: Sequence[bytes], speed: float) -> None:
    pipe = daemon.stdin
    assert pipe is not None  # asked for
    begin = time.perf_counter()
    for index, hop in enumerate(hops, 1):
        pipe.write(hop)
        pipe.flush()
        time.sleep(max(0.0, begin + index * HOP_SECONDS / speed - time.perf_counter()))
