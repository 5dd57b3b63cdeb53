"""Counters that come from events: whatever left the box is counted, nothing else."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from edged.messages import (
    Activation,
    Device,
    Endpoint,
    Event,
    Fallback,
    Final,
    Gap,
    Lost,
    Ready,
    Recovered,
    Restarted,
    Stats,
    Suppressed,
)

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """All counters at one time. Keys are the values of the labels that the name of a field ends with."""

    activations: Mapping[Labels, int]
    """By head."""
    suppressed: Mapping[Labels, int]
    """By head and reason."""
    endpoints: Mapping[Labels, int]
    """By reason."""
    finals: int
    lost: int
    restarts: Mapping[Labels, int]
    """By stage."""
    fallbacks: Mapping[Labels, int]
    """By stage, from and to."""
    recoveries: Mapping[Labels, int]
    """By stage, from and to."""
    xruns: Mapping[Labels, int]
    """By where."""
    gap_samples: int
    microphone_lost: int
    microphone_present: bool | None
    """None: it neither went nor came so far."""
    degraded: Mapping[str, bool]
    """Stage to whether it runs elsewhere than on its preferred provider."""
    rtf: float | None
    """Of the newest final."""
    final_latency_ms: float | None
    """Of the newest final."""
    level_dbfs: float | None
    """Of the newest `stats`."""


class Counts:
    """Counts every event that it is shown; from any thread, returns at once, never drops."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by: dict[str, Counter[Labels]] = {}
        self._present: bool | None = None
        self._preferred: dict[str, str] = {}
        self._degraded: dict[str, bool] = {}
        self._rtf: float | None = None
        self._latency: float | None = None
        self._level: float | None = None

    def tap(self, event: Event) -> None:
        """Count one event."""
        with self._lock:
            self._count(event)

    def counted(self) -> Counted:
        """Return all counters as they are now."""
        with self._lock:
            by = {name: dict(counter) for name, counter in self._by.items()}
            return Counted(
                activations=by.get("activation", {}),
                suppressed=by.get("suppressed", {}),
                endpoints=by.get("endpoint", {}),
                finals=by.get("final", {}).get((), 0),
                lost=by.get("lost", {}).get((), 0),
                restarts=by.get("restarted", {}),
                fallbacks=by.get("fallback", {}),
                recoveries=by.get("recovered", {}),
                xruns=by.get("gap", {}),
                gap_samples=by.get("samples", {}).get((), 0),
                microphone_lost=by.get("device", {}).get(("lost",), 0),
                microphone_present=self._present,
                degraded=dict(self._degraded),
                rtf=self._rtf,
                final_latency_ms=self._latency,
                level_dbfs=self._level,
            )

    def _count(self, event: Event) -> None:
        match event.body:
            case Ready(recognizer=recognizer):
                for stage in ("features", "heads", *(["recognize"] if recognizer else [])):
                    self._degraded.setdefault(stage, False)
            case Activation(word=word):
                self._add("activation", word)
            case Suppressed(word=word, reason=reason):
                self._add("suppressed", word, reason)
            case Endpoint(reason=reason):
                self._add("endpoint", reason)
            case Final(metrics=metrics):
                self._add("final")
                self._rtf, self._latency = metrics.rtf, metrics.latency_ms
            case Lost():
                self._add("lost")
            case Restarted(stage=stage):
                self._add("restarted", stage)
            case Fallback() | Recovered() as body:
                self._add(body.NAME, body.stage, body.from_, body.to)
                preferred = self._preferred.setdefault(body.stage, body.from_)
                self._degraded[body.stage] = body.to != preferred
            case Gap(samples=samples, where=where):
                self._add("gap", where)
                self._add("samples", by=samples)
            case Device(state=state):
                self._add("device", state)
                self._present = state == "back"
            case Stats(level_dbfs=level):
                self._level = level
            case _:
                pass  # what a person reads, and nobody counts

    def _add(self, name: str, *labels: str, by: int = 1) -> None:
        self._by.setdefault(name, Counter())[labels] += by
