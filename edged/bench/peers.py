"""What one hop of hearing costs in edged and in its peers: processor time, sound to score, one head.

Blocks of hops in turn (A B C A B C …), so that a busy machine is busy for all of them; then the same at
the real pace of 80 ms, where caches are cold and threads that spin while they wait are seen.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from edged.bench import contenders
from edged.bench.contenders import Contender, Models
from edged.geometry import HOP, HOP_SECONDS

WARM_HOPS = 130
"""Hops before the first is timed: 10.4 s. openWakeWord copies its 10 s of raw sound at every hop, so only a
full buffer shows what it costs for the rest of its life; pyopen-wakeword works off 8 s of silence first."""

Candidates = tuple[tuple[str, Callable[[Models], Contender]], ...]

CANDIDATES: Candidates = (
    ("edged", contenders.edged),
    ("openwakeword", contenders.openwakeword),
    ("pyopen-wakeword", contenders.pyopen_wakeword),
)


def run(
    models: Models,
    blocks: int = 20,
    block_hops: int = 50,
    paced_s: float = 20.0,
    seed: int = 0,
    candidates: Candidates = CANDIDATES,
) -> dict[str, Any]:
    """Measure edged and every installed peer.

    blocks: per contender, of `block_hops` hops each. paced_s: seconds at the real pace; 0 leaves it out.

    Raises:
        ModelError, ProviderUnavailable: edged itself cannot run.
    """
    present: list[Contender] = []
    absent: dict[str, str] = {}
    for name, make in candidates:
        try:
            present.append(make(models))
        except ImportError as exc:
            absent[name] = f"not installed, so not measured ({exc})"
    hops = _sound(seed)
    for contender in present:
        prepared = [contender.prepare(hop) for hop in hops]
        for index in range(WARM_HOPS):
            contender.hear(prepared[index % len(prepared)])
    return {
        "bench": "peers",
        "word": contenders.WORD,
        "unit": "microseconds of processor time of the whole process per hop of 80 ms, sound to score",
        "warm_hops": WARM_HOPS,
        "contenders": {each.name: {"version": each.version, "runs": each.runs} for each in present},
        "absent": absent,
        "back_to_back": _back_to_back(present, hops, blocks, block_hops),
        "paced": _paced(present, hops, int(paced_s / HOP_SECONDS)) if paced_s > 0 else None,
    }


def _sound(seed: int) -> list[Any]:
    """Ten seconds of noise whose loudness wanders, in hops; no digital silence."""
    rng = np.random.RandomState(seed)
    loud = rng.uniform(30, 3000, 125)
    return [(rng.standard_normal(HOP) * level).clip(-32768, 32767).astype(np.int16) for level in loud]


def _back_to_back(
    present: Sequence[Contender], hops: Sequence[Any], blocks: int, block_hops: int
) -> dict[str, Any]:
    prepared = {each.name: [each.prepare(hop) for hop in hops] for each in present}
    costs: dict[str, list[float]] = {each.name: [] for each in present}
    for block in range(blocks):
        for each in present:
            sound = prepared[each.name]
            start = time.process_time_ns()
            for index in range(block_hops):
                each.hear(sound[(block * block_hops + index) % len(sound)])
            costs[each.name].append((time.process_time_ns() - start) / block_hops / 1000)
    return {"blocks": blocks, "block_hops": block_hops, **_report(costs)}


def _paced(present: Sequence[Contender], hops: Sequence[Any], ticks: int) -> dict[str, Any]:
    """One hop of each in every tick, in rotating order, on an absolute schedule.

    Every contender finds the caches as the one before it and the wait left them. Processor time that
    nobody's hop accounts for, such as threads that spin after it, is in `between_hops_us` per tick.
    """
    prepared = {each.name: [each.prepare(hop) for hop in hops] for each in present}
    costs: dict[str, list[float]] = {each.name: [] for each in present}
    late = 0
    start = time.monotonic()
    whole = time.process_time_ns()
    for tick in range(ticks):
        wait = start + tick * HOP_SECONDS - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        late += wait < 0
        for turn in range(len(present)):
            each = present[(tick + turn) % len(present)]
            hop = prepared[each.name][tick % len(hops)]
            before = time.process_time_ns()
            each.hear(hop)
            costs[each.name].append((time.process_time_ns() - before) / 1000)
    whole = time.process_time_ns() - whole
    named = sum(sum(values) for values in costs.values())
    return {
        "ticks": ticks,
        "late_ticks": late,
        "between_hops_us": round((whole / 1000 - named) / max(ticks, 1), 1),
        **_report(costs),
    }


def _report(costs: dict[str, list[float]]) -> dict[str, Any]:
    """Medians with their spread, and how much more each peer costs than edged."""
    return {
        "cpu_us_per_hop": {name: _spread(values) for name, values in costs.items()},
        "times_edged": {
            name: _spread([peer / own for peer, own in zip(values, costs["edged"], strict=True) if own > 0])
            for name, values in costs.items()
            if name != "edged"
        },
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    low, median, high = np.percentile(values, (10, 50, 90)) if values else (np.nan,) * 3
    return {
        "median": round(float(median), 2),
        "p10": round(float(low), 2),
        "p90": round(float(high), 2),
        "n": len(values),
    }


def table(result: dict[str, Any]) -> str:
    """Return a result of `run` as text for people."""
    lines = [result["unit"], ""]
    row = "{:<18}{:<13}{:>10}{:>18}{:>7}{:>16}"
    for way in ("back_to_back", "paced"):
        measured = result[way]
        if measured is None:
            continue
        lines.append(row.format(way.replace("_", " "), "version", "median", "p10 … p90", "n", "times edged"))
        for name, cost in measured["cpu_us_per_hop"].items():
            ratio = measured["times_edged"].get(name)
            lines.append(
                row.format(
                    f"  {name}",
                    result["contenders"][name]["version"],
                    f"{cost['median']:.0f}",
                    f"{cost['p10']:.0f} … {cost['p90']:.0f}",
                    cost["n"],
                    f"{ratio['median']:.1f}" if ratio else "",
                )
            )
        lines.append("")
    lines += [f"{name}: {reason}" for name, reason in result["absent"].items()]
    return "\n".join(lines).rstrip()
