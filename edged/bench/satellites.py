"""Satellites that stream at their own pace beside the microphone, more and more, until they are not held."""

import time
from collections.abc import Sequence
from typing import Any

from edged.backends.backend import Pcm
from edged.bench.paced import percentile
from edged.bench.served import Metrics, Served, grown, missed
from edged.geometry import HOP, SAMPLE_RATE
from edged.serve.clients.watchers import Watched, watch

LEVELS = (1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 320, 384, 448, 512)
"""Satellites at once."""

LATE_S = 2.0
"""Seconds after which a piece of sound counts as late: two seconds of it may wait for the ears."""

WORD_S = 4.0
"""Seconds of each stream that may be without a detection: models warm up, and a word may be cut."""


def measure(
    daemon: Served, loop: Pcm, levels: Sequence[int], level_s: float, calm_s: float
) -> dict[str, Any]:
    """Measure level by level, to the first that is not held.

    Args:
        daemon: that hears a microphone as well.
        loop: shape (n,), int16, 16 kHz, with a wake word in it; heard again and again.
        levels: satellites at once.
        level_s: seconds of each.
        calm_s: seconds in which the microphone alone is measured.
    """
    door = daemon.door()
    rows: list[dict[str, Any]] = []
    start = daemon.cost()
    time.sleep(calm_s)
    calm = daemon.cost()
    alone = (calm.cpu_s - start.cpu_s) / (calm.at - start.at)
    for streams in levels:
        before, metrics = daemon.cost(), daemon.metrics(door)
        seen = watch(door, loop, streams, level_s)
        after, metrics_after = daemon.cost(), daemon.metrics(door)
        rows.append(_level(streams, seen, metrics, metrics_after, loop, level_s))
        cores = (after.cpu_s - before.cpu_s) / (after.at - before.at)
        rows[-1] |= {
            "cores": round(cores, 3),
            "core_per_stream": round(cores / streams, 4),
            "core_per_stream_more": round((cores - alone) / streams, 4),
        }
        if not rows[-1]["held"]:
            break
    held = [row["streams"] for row in rows if row["held"]]
    return {"microphone_alone_cores": round(alone, 3), "levels": rows, "most_held": max(held, default=0)}


def _level(
    streams: int, seen: Sequence[Watched], before: Metrics, after: Metrics, loop: Pcm, level_s: float
) -> dict[str, Any]:
    late = [late for each in seen for late in each.late_s]
    dropped = grown(before, after, "edged_ears_dropped_samples_total")
    refused = [each.refused for each in seen if each.refused]
    lost = missed(before, after)
    wanted = streams * max(0, int((level_s - WORD_S) * SAMPLE_RATE / len(loop)))
    detections = sum(each.detections for each in seen)
    latest = max(late, default=0.0)
    return {
        "streams": streams,
        "held": not refused and not lost and not dropped and latest < LATE_S and detections >= wanted,
        "detections": detections,
        "detections_wanted": wanted,
        "late_p99_ms": round(percentile(late, 99) * 1e3, 1) if late else None,
        "late_most_ms": round(latest * 1e3, 1),
        "hops_missed": -(-int(dropped) // HOP),
        "microphone_hops_missed": lost,
        "refused": len(refused),
        "why": refused[0] if refused else "",
        "loop_lag_p99_ms": round(after.get(("edged_loop_lag_seconds", "0.99"), 0.0) * 1e3, 1),
        "hop_us": round(after.get(("edged_ears_hop_seconds",), 0.0) * 1e6, 1),
    }
