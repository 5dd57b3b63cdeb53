"""What the daemon is doing, gathered from its events and its counters, and told in one file.

Hearing means that hops are being scored, nothing else: a run whose counter stands still is deaf,
whatever its parts believe of themselves.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from edged import __version__
from edged.messages import (
    Activation,
    Device,
    Event,
    Fallback,
    Final,
    Lost,
    Muted,
    Ready,
    Recovered,
    Restarted,
    Stats,
    Unmuted,
)
from edged.runtime.report import Backend, Report, ReportFile, State, Wake, own_file

EVERY_S = 2.0
"""Seconds between two writings while nothing changes."""

NO_HOPS_S = 5.0
"""Seconds without a scored hop after which the daemon is deaf: 62 hops, more than a live source pauses."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the parts of the daemon say when they are asked."""

    hops: int
    """Scored so far, all streams."""
    away: str = ""
    """Why no sound comes; empty while it does."""
    words: tuple[str, ...] = ()
    recognizer: str | None = None
    backends: tuple[Backend, ...] = ()
    temperatures_c: Mapping[str, float] = field(default_factory=dict[str, float])
    degraded: tuple[str, ...] = ()
    """Sentences beyond the fallbacks, which are known from their events: a muted microphone, a full disk."""
    muted: bool = False
    """Somebody wants nothing to be heard."""
    unheard: int = 0
    """Samples that came while it was muted."""
    socket: str = ""
    """Where it takes commands; empty: nowhere."""


class Status:
    """Tells the state of a run. `note` and `say` are called from any thread, `tick` and `close` from one."""

    def __init__(
        self,
        look: Callable[[], Look],
        file: ReportFile | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`look` is asked every two seconds and after each change; it must not wait for anything."""
        self._look = look
        self._file = ReportFile(own_file()) if file is None else file
        self._clock, self._wall = clock, wall
        self._lock = threading.Lock()
        self._changed = True
        self._wrote_s = -math.inf
        self._started = self._since = _iso(wall())
        self._state: tuple[State, str] = ("starting", "")
        self._said: tuple[State, str] | None = ("starting", "")
        self._moved, self._moved_s = 0, clock()
        """Hops and muted samples so far, and when they last grew."""
        self._lost = ""
        self._ready: Ready | None = None
        self._wake: Wake | None = None
        self._stats: Stats | None = None
        self._fallen: dict[str, tuple[str, Fallback]] = {}
        self._counts = {"finals": 0, "lost": 0, "restarts": 0, "fallbacks": 0}

    def note(self, event: Event) -> None:
        """Take an event of the run; returns at once."""
        with self._lock:
            match event.body:
                case Ready() as body:
                    self._ready, self._said = body, None
                case Activation(word=word, score=score):
                    self._wake = Wake(word, round(score, 3), event.wall)
                case Device(state=state, reason=reason):
                    self._lost = reason or "the microphone is away" if state == "lost" else ""
                case Fallback(stage=stage) as body:
                    first = self._fallen[stage][0] if stage in self._fallen else body.from_
                    self._fallen[stage] = (first, body)
                    self._counts["fallbacks"] += 1
                case Recovered(stage=stage, to=to):
                    if stage in self._fallen and self._fallen[stage][0] == to:
                        del self._fallen[stage]
                case Final():
                    self._counts["finals"] += 1
                case Lost():
                    self._counts["lost"] += 1
                case Restarted():
                    self._counts["restarts"] += 1
                case Stats() as body:
                    self._stats = body
                    return
                case Muted() | Unmuted():
                    pass  # the parts of the daemon say so when they are asked, which is to be soon
                case _:
                    return
            self._changed = True

    def say(self, state: State, reason: str = "") -> None:
        """Say what no event tells: `starting` and what for, `stopping`."""
        with self._lock:
            self._said = (state, reason)
            self._changed = True

    def tick(self) -> None:
        """Write the file if anything changed, or after two seconds; call it ten times a second or so."""
        now = self._clock()
        with self._lock:
            if not self._changed and now - self._wrote_s < EVERY_S:
                return
            self._changed = False
        look = self._look()
        with self._lock:
            report = self._report(look, now)
        self._wrote_s = now
        self._file.write(report)

    def report(self) -> Report:
        """Return how things are at this moment; from any thread."""
        look = self._look()
        with self._lock:
            return self._report(look, self._clock())

    def close(self) -> None:
        """Take the file away: a run that ended as it should is not running."""
        self._file.remove()

    def _report(self, look: Look, now: float) -> Report:
        moved = look.hops + look.unheard
        if moved != self._moved:
            self._moved, self._moved_s = moved, now
            if self._said is not None and self._said[0] == "starting":
                self._said = None
        state = state_of(self._said, look.away or self._lost, now - self._moved_s, look.muted)
        wall = _iso(self._wall())
        if state != self._state:
            if state[0] != self._state[0]:
                self._since = wall
            self._state = state
        ready = self._ready
        return Report(
            pid=os.getpid(),
            version=__version__,
            started=self._started,
            written=wall,
            beat_s=time.monotonic(),
            state=state[0],
            reason=state[1],
            since=self._since,
            degraded=tuple(dict.fromkeys([*self._fallbacks(), *look.degraded])),
            words=look.words or (ready.words if ready else ()),
            recognizer=look.recognizer or (ready.recognizer if ready else None),
            backends=look.backends or self._ran(),
            last_wake=self._wake,
            level_dbfs=self._stats.level_dbfs if self._stats else None,
            counters={"hops": look.hops, **self._counts, **self._counted(), "muted_samples": look.unheard},
            temperatures_c=dict(look.temperatures_c),
            muted=look.muted,
            socket=look.socket,
        )

    def _counted(self) -> dict[str, int]:
        """Return what the run counted until its last `stats` event."""
        told = self._stats
        if told is None:
            return {}
        losses = {f"lost_{where}_samples": samples for where, samples in told.gaps_where.items()}
        counts = {"activations": told.activations, "late_hops": told.late_hops, "xruns": told.xruns}
        return {**counts, **losses, "clipped_samples": told.clipped, "silent_samples": told.silent}

    def _ran(self) -> tuple[Backend, ...]:
        if self._ready is None:
            return ()
        began = {"features": self._ready.backend.features, "heads": self._ready.backend.heads}
        now = {stage: last for stage, (_, last) in self._fallen.items()}
        return tuple(
            Backend(stage, now[stage].to, "serving", now[stage].reason)
            if stage in now
            else Backend(stage, provider, "serving")
            for stage, provider in began.items()
        )

    def _fallbacks(self) -> list[str]:
        return [
            f"{stage} on {last.to} instead of {first} ({last.reason})"
            for stage, (first, last) in self._fallen.items()
        ]


def state_of(
    said: tuple[State, str] | None, away: str, silent_s: float, muted: bool = False
) -> tuple[State, str]:
    """Decide what a run is doing.

    Args:
        said: What it says of itself before it was ready and once it stops; None in between.
        away: Why no sound comes; empty while it does.
        silent_s: Seconds since the last hop was scored or, while it is muted, thrown away unheard.
        muted: Somebody wants nothing to be heard.
    """
    if said is not None and said[0] == "stopping":
        return said
    if away:
        return "deaf", away
    if said is not None:
        return said
    if silent_s > NO_HOPS_S:
        return "deaf", f"no sound was scored for {silent_s:.0f} s"
    if muted:
        return "muted", ""
    return "hearing", ""


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
