"""Clients of every kind at once: what becomes of their visits, and of the microphone meanwhile."""

import contextlib
import statistics
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any

from edged.bench.served import Served, grown, missed
from edged.errors import EdgedError
from edged.serve.clients.crowd import Tally, alone, crowd
from edged.serve.clients.visit import Door, Outcome, Spoken

LOOK_S = 1.0
"""Seconds between two looks at the daemon."""


@dataclass
class Looks:
    """What was seen of the daemon meanwhile."""

    rss_mb: list[float] = field(default_factory=list[float])
    lag_p50_s: list[float] = field(default_factory=list[float])
    lag_p99_s: list[float] = field(default_factory=list[float])
    """Each of the minute before the look."""


def measure(
    daemon: Served, spoken: Spoken, clients: int, seconds: float, calm_s: float, crowds: int = 1
) -> dict[str, Any]:
    """Let each kind come alone, then so many clients once, then as many for so long.

    Args:
        daemon: that they come to.
        spoken: what they say.
        clients: at once.
        seconds: that a crowd comes for.
        calm_s: seconds in which nobody comes, before and after.
        crowds: one after the other.

    Raises:
        EdgedError: a client alone is not served.
    """
    door = daemon.door()
    fresh = daemon.cost()
    text = _alone(door, spoken, clients)
    time.sleep(3 * calm_s)
    before, metrics = daemon.cost(), daemon.metrics(door)
    tallies: dict[str, Tally] = {}
    busy_s, cpu_s, loaded, rests = 0.0, 0.0, before, [before]
    with _looking(daemon, door) as looks:
        for _ in range(crowds):
            begun = daemon.cost()
            for kind, tally in crowd(door, replace(spoken, text=text), clients, seconds).items():
                tallies.setdefault(kind, Tally()).add(tally)
            loaded = daemon.cost()
            busy_s, cpu_s = busy_s + loaded.at - begun.at, cpu_s + loaded.cpu_s - begun.cpu_s
            time.sleep(3 * calm_s)  # what is free goes back once nobody was there for some seconds
            rests.append(daemon.cost())
    after, metrics_after = rests[-1], daemon.metrics(door)
    total = {each: sum(tally.outcomes[each] for tally in tallies.values()) for each in Outcome}
    visits = sum(total.values())
    return {
        "clients": clients,
        "seconds": seconds,
        "crowds": crowds,
        "text": text,
        "visits": visits,
        **{outcome.value: count for outcome, count in total.items()},
        "refused_share": round(total[Outcome.REFUSED] / max(visits, 1), 4),
        "microphone_hops_missed": missed(metrics, metrics_after),
        "ears_dropped_samples": grown(metrics, metrics_after, "edged_ears_dropped_samples_total"),
        "loop_lag_p50_ms": round(statistics.median(looks.lag_p50_s) * 1e3, 1),
        "loop_lag_p99_ms": round(max(looks.lag_p99_s) * 1e3, 1),
        "cores": round(cpu_s / busy_s, 3),
        "rss_mb": {
            "fresh": fresh.rss_mb,
            "before": before.rss_mb,
            "peak": max(before.rss_mb, *looks.rss_mb),
            "after_each": [rest.rss_mb for rest in rests[1:]],
        },
        "recognizers_mb": {
            "before": round(before.children_mb, 1),
            "loaded": round(loaded.children_mb, 1),
            "after": round(after.children_mb, 1),
        },
        "open_after": {
            name: int(sum(value for (key, *_), value in metrics_after.items() if key == f"edged_{name}"))
            for name in ("streams", "connections")  # the one that reads this is among the last
        },
        "kinds": {kind: _kind(tally) for kind, tally in tallies.items()},
    }


def _alone(door: Door, spoken: Spoken, clients: int) -> str:
    """Return the text; what must be loaded for it and for so many clients then is."""
    text = alone(door, spoken)
    if not text:
        raise EdgedError("no measurement: there is no text in the command")
    seen = crowd(door, replace(spoken, text=text), clients=8, seconds=0.1)
    wrong = [f"{kind}: {said}" for kind, tally in seen.items() for said in tally.said]
    if wrong:
        raise EdgedError(f"no measurement, one client of each kind was not served: {wrong[0]}")
    crowd(door, replace(spoken, text=text), clients, seconds=0.1)
    return text


@contextlib.contextmanager
def _looking(daemon: Served, door: Door) -> Generator[Looks]:
    """Look at the daemon every second for as long as this lasts."""
    looks, over = Looks(), threading.Event()

    def look() -> None:
        while True:
            metrics = daemon.metrics(door)
            looks.rss_mb.append(daemon.cost().rss_mb)
            looks.lag_p50_s.append(metrics["edged_loop_lag_seconds", "0.5"])
            looks.lag_p99_s.append(metrics["edged_loop_lag_seconds", "0.99"])
            if over.wait(LOOK_S):
                return

    thread = threading.Thread(target=look, name="looks")
    thread.start()
    try:
        yield looks
    finally:
        over.set()
        thread.join()


def _kind(tally: Tally) -> dict[str, Any]:
    seconds = tally.seconds
    return {
        **{outcome.value: count for outcome, count in tally.outcomes.items()},
        "median_s": round(statistics.median(seconds), 2) if seconds else None,
        "longest_s": round(max(seconds), 2) if seconds else None,
        "said": tally.said,
    }
