"""A long run in little time: one loop of sound again and again, as fast as the daemon can hear it.

Each loop begins and ends in the same quiet noise, longer than anything the daemon remembers, so that every
loop must give what the first one gave: another activation, score or text is a fault, not a tolerance.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from edged.backends.backend import Pcm
from edged.bench.memory import children, memory_mb
from edged.errors import EdgedError
from edged.geometry import DITHER_RMS, HOP, SAMPLE_RATE

QUIET_S = 6.0
"""Seconds of quiet noise before each loop's recordings: longer than the 34 hops that heads look back, the
refractory time of two seconds and the silence that ends a command."""

WARM_UP = 0.1
"""Part of the run whose memory is not looked at: allocators and caches are still filling."""

Heard = tuple[str, int, str]
"""Event, its place in the loop (samples), and what must be the same in every loop."""


@dataclass(frozen=True, slots=True)
class _Look:
    """The daemon at the end of a loop."""

    hour: float
    """Of sound."""
    rss: float
    """MiB."""
    children: float
    """MiB of its child processes together."""
    descriptors: int


@dataclass(slots=True)
class Loops:
    """What was heard in each loop; only the first is kept, the others are compared with it and dropped."""

    length: int
    """Samples of a loop."""
    first: list[Heard] = field(default_factory=list[Heard])
    differing: list[int] = field(default_factory=list[int])
    """Loops that gave something else."""
    closed: int = 0
    _open: dict[int, list[Heard]] = field(default_factory=dict[int, list[Heard]])

    def note(self, event: dict[str, Any]) -> None:
        """Take an event of the daemon; texts come late, so a loop is judged when the next but one begins."""
        what = _what(event)
        if what is None:
            return
        loop, place = divmod(event["sample"] - 1, self.length)
        self._open.setdefault(loop, []).append((event["event"], place, what))
        for ripe in [known for known in self._open if known < loop - 1]:
            self._judge(self._open.pop(ripe))

    def finish(self) -> None:
        """Judge what is left."""
        for loop in sorted(self._open):
            self._judge(self._open.pop(loop))

    def _judge(self, heard: list[Heard]) -> None:
        heard.sort()
        self.closed += 1
        if self.closed == 1:
            self.first = heard
        elif heard != self.first and len(self.differing) < 100:
            self.differing.append(self.closed)


def run(sounds: Sequence[Pcm], config: Path | None, hours: float) -> dict[str, Any]:
    """Play a loop of recordings into `edged run` for hours of sound.

    Args:
        sounds: shape (n,) each, int16, 16 kHz.
        config: as `edged run -c`.
        hours: of sound, not of the clock.

    Returns:
        Activations per loop, loops that differed, memory slope (MiB per hour of sound, least squares after
        the first tenth), memory and descriptors at the beginning and at the end of what was looked at.

    Raises:
        EdgedError: the daemon ended early, or heard nothing in the first loop.
    """
    loop = loop_of(sounds)
    count = max(20, round(hours * 3600 * SAMPLE_RATE / len(loop)))
    loops = Loops(len(loop))
    looks: list[_Look] = []
    command = [
        sys.executable,
        "-m",
        "edged",
        "run",
        "--source",
        "stdin:16000",
        "--pace",
        "fast",
        "--events",
        "-",
    ]
    command += ["-c", str(config)] if config else []
    with tempfile.TemporaryFile() as said:
        daemon = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said)
        assert daemon.stdin is not None and daemon.stdout is not None  # asked for
        reader = threading.Thread(target=_listen, args=(daemon.stdout, loops), name="events")
        reader.start()
        try:
            for index in range(count):
                daemon.stdin.write(loop)
                daemon.stdin.flush()
                hour = (index + 1) * len(loop) / SAMPLE_RATE / 3600
                looks.append(_look(hour, daemon.pid))
            daemon.stdin.close()
            reader.join()
        except (OSError, KeyError) as exc:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:]
            raise EdgedError(f"edged run ended in loop {len(looks) + 1}: {''.join(last) or exc}") from exc
        finally:
            daemon.kill()
            daemon.wait()
            reader.join()
            daemon.stdout.close()
            with contextlib.suppress(BrokenPipeError):  # what it did not take is nobody's any more
                daemon.stdin.close()
    loops.finish()
    if not loops.first:
        raise EdgedError("nothing was heard in the first loop: give recordings with the wake word in them")
    return {"bench": "soak", **_result(loops, looks, count)}


def loop_of(sounds: Sequence[Pcm]) -> Pcm:
    """Return quiet noise and the recordings, a whole number of hops long."""
    rng = np.random.default_rng(1)
    pieces = [part for sound in sounds for part in (_quiet(rng, round(QUIET_S * SAMPLE_RATE)), sound)]
    samples = sum(map(len, pieces))
    pieces.append(_quiet(rng, round(QUIET_S * SAMPLE_RATE) + -(samples + round(QUIET_S * SAMPLE_RATE)) % HOP))
    return np.concatenate(pieces)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the least-squares slope of (x, y) points."""
    x, y = zip(*points, strict=True)
    return statistics.linear_regression(x, y).slope


def _quiet(rng: np.random.Generator, length: int) -> Pcm:
    return rng.normal(0.0, DITHER_RMS, length).astype(np.int16)


def _what(event: dict[str, Any]) -> str | None:
    if event["event"] == "activation":
        return f"{event['word']} {event['score']}"
    if event["event"] == "endpoint":
        return str(event["reason"])
    if event["event"] == "final":
        return str(event["text"])
    return str(event.get("reason", "")) if event["event"] in ("lost", "restarted", "gap") else None


def _listen(lines: IO[bytes], loops: Loops) -> None:
    for line in lines:
        loops.note(json.loads(line))


def _look(hour: float, pid: int) -> _Look:
    with os.scandir(f"/proc/{pid}/fd") as descriptors:
        count = sum(1 for _ in descriptors)
    return _Look(hour, memory_mb(pid)["rss"], sum(memory_mb(child)["rss"] for child in children(pid)), count)


def _result(loops: Loops, looks: Sequence[_Look], count: int) -> dict[str, Any]:
    warm = looks[int(len(looks) * WARM_UP) :]
    return {
        "hours_of_sound": round(looks[-1].hour, 2),
        "loops": count,
        "judged": loops.closed,
        "heard_per_loop": [" ".join((name, what)) for name, _, what in loops.first],
        "differing_loops": loops.differing,
        "rss_mb": [warm[0].rss, warm[-1].rss],
        "rss_slope_mb_per_hour": round(slope([(look.hour, look.rss) for look in warm]), 4),
        "children_rss_mb": [warm[0].children, warm[-1].children],
        "children_slope_mb_per_hour": round(slope([(look.hour, look.children) for look in warm]), 4),
        "descriptors": [min(look.descriptors for look in warm), max(look.descriptors for look in warm)],
    }
