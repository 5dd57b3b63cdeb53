"""How things are, as the page shows it: one plain document. Only reads; waits for nothing."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from edged import __version__
from edged.geometry import HOP_SECONDS, SAMPLE_RATE
from edged.runtime.pipeline import Pipeline
from edged.runtime.standing import Standing
from edged.telemetry.memory import resident_by_role, total_bytes
from edged.telemetry.sample import Sample

OLD_S = 5.0
"""Seconds after which the answer of the speech gate is no longer shown."""


STILL_S = 5.0
"""Seconds without a scored hop after which edged counts as deaf, whatever it believes of itself."""


class Progress:
    """Whether hops are scored. Any thread may ask; it must be asked again and again."""

    def __init__(self, hops: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> None:
        self._hops, self._clock = hops, clock
        self._seen, self._since = hops(), clock()

    def still_s(self) -> float:
        """Return for how long none was scored, seconds, as far as that was seen."""
        now, hops = self._clock(), self._hops()
        if hops != self._seen:
            self._seen, self._since = hops, now
        return now - self._since


def state_of(
    done: bool, deaf: str | None, muted: bool, hops: int, still_s: float, in_command: bool
) -> tuple[str, str]:
    """Decide what edged is doing, and why it does not hear.

    Args:
        done: the run is over.
        deaf: why no sound comes; None where it is expected.
        muted: it was told to hear nothing.
        hops: scored so far.
        still_s: seconds since the last one.
        in_command: a command is being spoken.
    """
    if done:
        return "stopping", ""
    if deaf is not None:
        return "deaf", deaf
    if muted:
        return "muted", ""
    if not hops:
        return "starting", "no sound was scored yet"
    if still_s > STILL_S:
        return "deaf", f"no sound was scored for {still_s:.0f} s"
    return ("listening" if in_command else "hearing"), ""


def pulse(run: Pipeline, deaf: str | None, still_s: float) -> dict[str, Any]:
    """Return what changes from moment to moment.

    Args:
        run: is looked at.
        deaf: why no sound comes.
        still_s: seconds since the last scored hop.
    """
    ear = run.ear
    speech, now = ear.speech, ear.sample
    state, reason = state_of(run.done.is_set(), deaf, ear.muted, run.hops, still_s, ear.in_command)
    hears = state not in ("deaf", "muted")  # what is old is not shown for what is
    asked = hears and speech is not None and 0 <= now - speech[0] <= OLD_S * SAMPLE_RATE
    return {
        "state": state,
        "reason": reason,
        "level_dbfs": ear.level_dbfs() if hears else None,
        "speech": round(speech[1], 3) if speech is not None and asked else None,
        "sample": now,
    }


def picture(run: Pipeline, standing: Standing, still_s: float) -> dict[str, Any]:
    """Return everything but events and clips; `still_s`: seconds since the last scored hop."""
    telemetry = run.telemetry
    per_hour = telemetry.meter.per_hour()
    return {
        **pulse(run, standing.deaf, still_s),
        "version": __version__,
        "stream": run.source,
        "source": standing.source,
        "words": [
            {"word": rule.word, "threshold": rule.threshold, "vad_threshold": rule.vad_threshold}
            for rule in run.rules
        ],
        "recognizer": standing.recognizer,
        "degraded": list(standing.degraded),
        "backends": [dataclasses.asdict(verdict) for verdict in standing.verdicts],
        "ran": dataclasses.asdict(standing.ran),
        "hop_ms": HOP_SECONDS * 1e3,
        "stages_ms": dict(telemetry.stages_ms),
        "late_hops": run.ear.tally.late_hops,
        "hops": run.hops,
        "lost_samples": sum(run.ear.tally.gaps.values()),
        "machine": machine(telemetry.sample, total_bytes()),
        "energy": {"joules_per_hour": round(per_hour.joules, 1), "source": per_hour.source}
        if per_hour
        else None,
    }


def machine(sample: Sample, total: int | None) -> dict[str, Any]:
    """Return what the board said of itself; `total`: bytes of memory that it has."""
    roles = resident_by_role(sample.processes)
    return {
        "sensor_watts": sample.sensor_watts,
        "zones_c": dict(sample.zones),
        "held_down": {name: share for name, share in (sample.held_down or {}).items() if share > 0},
        "gpu": _accelerator(sample.gpu),
        "npu": _accelerator(sample.npu),
        "memory": [
            {"role": role, "bytes": size, "share": round(size / total, 4) if total else None}
            for role, size in roles.items()
        ],
        "available_bytes": sample.available_bytes,
        "total_bytes": total,
    }


def _accelerator(found: Any) -> dict[str, Any] | None:
    return dataclasses.asdict(found) if found is not None else None
