"""What clients of the network get beside the microphone: a crowd, and satellites until it is full."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edged.backends.backend import Pcm
from edged.bench import crowd, satellites
from edged.bench.faults.subject import Microphone
from edged.bench.served import served
from edged.bench.soak import loop_of
from edged.serve.clients.visit import Spoken

LEVELS = satellites.LEVELS


def run(
    sound: Pcm,
    command: Pcm,
    config: Path | None = None,
    clients: int = 50,
    seconds: float = 120.0,
    levels: Sequence[int] = LEVELS,
    level_s: float = 20.0,
    calm_s: float = 5.0,
    crowds: int = 1,
) -> dict[str, Any]:
    """Measure both, each on a daemon of its own.

    Args:
        sound: with a wake word, shape (n,), int16, 16 kHz: what the microphone and satellites hear.
        command: what clients want the text of; the same form.
        config: as `edged run -c`.
        clients: of mixed kinds at once; 0 leaves the crowd out.
        seconds: that they come for.
        levels: satellites at once; none leaves them out.
        level_s: seconds of each level.
        calm_s: seconds in which nobody comes, before and after.
        crowds: how often the clients come: memory that does not go back after the first crowd, but after
            each later one, is what allocators keep; memory that grows with each is a leak.

    Raises:
        EdgedError: the daemon does not serve.
    """
    found: dict[str, Any] = {"bench": "clients"}
    loop = loop_of([sound])
    if clients:
        with _folder() as folder, served(Microphone(Path(folder), loop), config, {}) as daemon:
            found["crowd"] = crowd.measure(daemon, Spoken(sound, command), clients, seconds, calm_s, crowds)
    if levels:
        most = {"max_streams": 2 * max(levels), "max_connections": 2 * max(levels) + 8}
        with _folder() as folder, served(Microphone(Path(folder), loop), config, most) as daemon:
            found["satellites"] = satellites.measure(daemon, sound, levels, level_s, calm_s)
    return found


def table(result: dict[str, Any]) -> str:
    """Return a result of `run` as text for people."""
    return "\n".join([*_crowd(result.get("crowd")), *_satellites(result.get("satellites"))]).rstrip()


def _folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="edged-clients-")


def _crowd(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    row = "  {:<18}{:>9}{:>9}{:>7}{:>6}{:>8}{:>10}{:>10}"
    names = ("answered", "refused", "wrong", "hung", "broken")
    lines = [f"{found['clients']} clients of every kind for {found['seconds']:g} s beside the microphone"]
    lines.append(row.format("", *names, "median s", "longest s"))
    for kind, seen in found["kinds"].items():
        times = (seen["median_s"] or "", seen["longest_s"] or "")
        lines.append(row.format(kind, *(seen.get(name, 0) for name in names), *times))
    lines.append(row.format("all", *(found[name] for name in names), "", ""))
    rss, recognizers = found["rss_mb"], found["recognizers_mb"]
    return [
        *lines,
        f"  refused {found['refused_share']:.1%}; microphone: {found['microphone_hops_missed']} hops missed",
        f"  loop late by {found['loop_lag_p50_ms']} ms (p50), {found['loop_lag_p99_ms']} ms (p99)",
        f"  daemon: {found['cores']} cores; fresh {rss['fresh']} MiB, {rss['before']} once all had come, "
        f"peak {rss['peak']}, after {' '.join(map(str, rss['after_each']))}",
        f"  recognizers {recognizers['before']} MiB, {recognizers['loaded']}, after {recognizers['after']}",
        "",
    ]


def _satellites(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return []
    row = "  {:>7}{:>7}{:>11}{:>12}{:>12}{:>14}{:>11}{:>10}{:>10}"
    heads = ("streams", "cores", "per stream", "detections", "late p99 ms", "hops missed", "mic missed")
    lines = ["satellites that stream for wake words beside the microphone"]
    lines.append(row.format(*heads, "refused", "loop p99"))
    lines += [
        row.format(
            level["streams"],
            level["cores"],
            level["core_per_stream"],
            f"{level['detections']}/{level['detections_wanted']}",
            level["late_p99_ms"],
            level["hops_missed"],
            level["microphone_hops_missed"],
            level["refused"],
            level["loop_lag_p99_ms"],
        )
        for level in found["levels"]
    ]
    return [*lines, f"  microphone alone {found['microphone_alone_cores']} cores; held: {found['most_held']}"]
