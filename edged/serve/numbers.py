"""How the front ends are, as metrics: made when somebody asks, and not before."""

import math
from collections.abc import Iterator, Sequence

from edged.runtime.ears import Ears
from edged.runtime.jobs.pool import Pool
from edged.serve.admission import Admission
from edged.telemetry.metrics import Number

QUANTILES = (0.5, 0.99, 1.0)
"""Of the loop's lag; 1 is the longest."""


def numbers(
    connections: Admission, streams: Admission, ears: Ears, pool: Pool | None, lag_s: Sequence[float]
) -> Iterator[Number]:
    """Yield the numbers of the moment; from any thread.

    Args:
        connections: of all front ends.
        streams: of all front ends.
        ears: hear them.
        pool: recognizes recordings; None where nothing is recognized.
        lag_s: how late the loop was at each of its newest looks, seconds.
    """
    yield from _of_places("connections", "Connections of clients", connections)
    yield from _of_places("streams", "Streams of sound of clients", streams)
    yield _gauge("edged_ears_hop_seconds", "What a hop of one stream of the network takes.", ears.hop_s)
    yield _gauge("edged_ears_full", "1: one stream more might make all of them late.", float(ears.full))
    lost = "Samples of network streams lost because they were heard too late."
    yield _count("edged_ears_dropped_samples", lost, ears.dropped)
    lag = {(f"{q:g}",): quantile(lag_s, q) for q in QUANTILES} if lag_s else {}
    what = "How late the front ends' loop was at its looks of the last minute."
    yield Number("edged_loop_lag_seconds", what, ("quantile",), lag)
    if pool is not None:
        yield from _of_jobs(pool)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that so great a share of these do not pass: one that was measured."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _of_places(name: str, what: str, places: Admission) -> Iterator[Number]:
    open_ = {(front_end,): float(count) for front_end, count in dict(places.at).items()}
    refused = {(front_end,): float(count) for front_end, count in dict(places.refused).items()}
    yield Number(f"edged_{name}", f"{what} that are open.", ("front_end",), open_)
    yield Number(f"edged_{name}_refused", f"{what} refused.", ("front_end",), refused, counts=True)


def _of_jobs(pool: Pool) -> Iterator[Number]:
    now = pool.counters()
    state = {("queued",): float(now.queued), ("running",): float(now.running)}
    yield Number("edged_jobs", "Recordings that wait, and that are recognized.", ("state",), state)
    yield _gauge("edged_jobs_processes", "Processes that recognize recordings.", now.processes)
    ended = {
        ("done",): float(now.done),
        ("failed",): float(now.failed),
        ("cancelled",): float(now.cancelled),
        ("refused",): float(now.refused),
    }
    yield Number("edged_jobs_ended", "Recordings, by what became of them.", ("how",), ended, counts=True)
    yield _count("edged_jobs_restarts", "Processes that died with a recording.", now.restarts)
    yield _count("edged_jobs_recycled", "Processes ended because they had grown.", now.recycled)
    yield _count("edged_jobs_audio_seconds", "Sound of recordings that was recognized.", now.audio_s)
    yield _count("edged_jobs_busy_seconds", "Time that processes worked on it.", now.busy_s)


def _gauge(name: str, what: str, value: float) -> Number:
    return Number(name, what, (), {(): float(value)})


def _count(name: str, what: str, value: float) -> Number:
    return Number(name, what, (), {(): float(value)}, counts=True)
