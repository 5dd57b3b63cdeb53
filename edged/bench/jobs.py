"""What recordings of network front ends cost the microphone: its path alone, and beside N of them, in turn.

One pipeline hears a microphone at real pace all the time, as the daemon does; in every other phase a pool in
the same process recognizes N recordings at once. A hop's latency counts from the moment at which the
microphone handed over its last sample to the moment at which its scores are told, so whoever wakes a thread
late is in it, and a hop that never came shows as lost.
"""

import contextlib
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edged.backends.backend import Pcm
from edged.bench.faults.arecord import BEGUN, PERIOD_S
from edged.bench.faults.subject import SOURCE, Microphone
from edged.bench.paced import percentile
from edged.bench.soak import loop_of
from edged.config.load import load
from edged.config.schema import Config
from edged.errors import EdgedError
from edged.geometry import HOP, HOP_SECONDS, SAMPLE_RATE
from edged.messages import Event, Scores, Stats
from edged.runtime.jobs.job import Failed, Heard, Job, Ticket, Update
from edged.runtime.jobs.pool import Pool
from edged.runtime.jobs.spool import Spool
from edged.runtime.pipeline import Pipeline
from edged.runtime.placement import Placement, placement
from edged.runtime.realtime import SWITCH_S, priorities
from edged.stages.audio.recording import Raw

WARM_S = 4.0
"""Seconds of the pipeline before the first phase."""

READY_S = 60.0
"""Seconds that the pipeline may take to hear, and a pool to let go of its jobs."""

JOB_S = 3600.0
"""Seconds of sound in one recording: more than the fastest recognizer gets through in a phase, so that the
cost of recognizing is measured, and not that of writing recordings to disk."""


@dataclass
class Listener:
    """Keeps when each hop's scores were told; a tap of the pipeline."""

    at: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    stats: list[Stats] = field(default_factory=list[Stats])

    def hear(self, event: Event) -> None:
        if isinstance(event.body, Scores):
            self.at.append((event.sample, time.monotonic()))
        elif isinstance(event.body, Stats):
            self.stats.append(event.body)


@dataclass
class Load:
    """N recordings under way, one after the other, for as long as a phase lasts."""

    pool: Pool
    spool: Spool
    sound: Path
    """Samples without a header; each job gets a name of its own for the same file."""
    jobs: int
    passages: int = 0
    failures: list[str] = field(default_factory=list[str])
    _tickets: dict[int, Ticket] = field(default_factory=dict[int, Ticket])
    _over: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        self._over.clear()
        for index in range(self.jobs):
            self._submit(index)

    def end(self) -> None:
        self._over.set()
        for ticket in self._tickets.values():
            self.pool.cancel(ticket)
        deadline = time.monotonic() + READY_S
        while self.pool.counters().running and time.monotonic() < deadline:
            time.sleep(0.1)

    def _submit(self, index: int) -> None:
        path, file = self.spool.create()
        file.close()
        path.unlink()
        os.link(self.sound, path)

        def told(update: Update) -> None:
            if isinstance(update, Heard):
                self.passages += 1
                return
            if isinstance(update, Failed):
                self.failures.append(update.sentence)
            if not self._over.is_set():
                self._submit(index)

        raw = Raw(SAMPLE_RATE)
        self._tickets[index] = self.pool.submit(Job(path, client=str(index), raw=raw, name="bench"), told)


def run(
    sounds: Sequence[Pcm], config: Path | None = None, jobs: int = 4, rounds: int = 6, seconds: float = 20.0
) -> dict[str, Any]:
    """Measure both in turn.

    Args:
        sounds: shape (n,) each, int16, 16 kHz: what the microphone hears again and again, and what is
            recognized.
        config: as `edged run -c`.
        jobs: recordings at once.
        rounds: each of a phase alone and a phase with jobs, in alternating order.
        seconds: of one phase.

    Returns:
        Milliseconds: p50, p95 and p99 of all hops, and those of each phase as median, least and most of the
        rounds; the ratios of p50 and p99 pair by pair; hops lost and late; whether the path had real-time
        priority.

    Raises:
        EdgedError: nothing was heard, or no recording was recognized: no number would mean anything.
    """
    alone: list[list[float]] = []
    beside: list[list[float]] = []
    with tempfile.TemporaryDirectory(prefix="edged-jobs-") as name, _fast_switching():
        folder = Path(name)
        loop = loop_of(sounds)
        microphone = _plain(Microphone(folder, loop))
        asked = {"audio.source": SOURCE, "serve.workers": jobs, "serve.queue": max(8, 2 * jobs)}
        read = load(config, overrides={**asked, "telemetry.stats_s": 1.0}, secrets=False).config
        with _surroundings(microphone), _heard(read) as listener:
            where = placement(read) or Placement()
            pool = Pool(read, where.recognizer | where.others)
            spool = Spool(folder / "spool")
            try:
                sound = folder / "sound"
                np.resize(loop, round(JOB_S * SAMPLE_RATE)).astype("<i2").tofile(sound)
                load_of = Load(pool, spool, sound, jobs)
                phases = _phases(listener, load_of, folder, rounds, seconds)
                for with_jobs, latencies in phases:
                    (beside if with_jobs else alone).append(latencies)
                counters = pool.counters()
                in_real_time = bool(priorities(os.getpid()))
            finally:
                pool.close()
                spool.close()
        last = listener.stats[-1]
    if load_of.failures or not load_of.passages:
        raise EdgedError(f"jobs: no measurement: {(load_of.failures or ['nothing was recognized'])[0]}")
    expected = round(2 * rounds * seconds / HOP_SECONDS)
    return {
        "bench": "jobs",
        "unit": "milliseconds from the arrival of a hop's last sample to its scores",
        "jobs": jobs,
        "rounds": rounds,
        "seconds_per_phase": seconds,
        "cores": len(os.sched_getaffinity(0)),
        "real_time": in_real_time,
        "alone": _told(alone),
        "beside": _told(beside),
        "p99_ratio": _spread([_p(b, 99) / _p(a, 99) for a, b in zip(alone, beside, strict=True)]),
        "p50_ratio": _spread([_p(b, 50) / _p(a, 50) for a, b in zip(alone, beside, strict=True)]),
        "missed": {
            "hops_lost": last.gaps // HOP,
            "hops_late": last.late_hops,
            "hops_over_80_ms": sum(each > HOP_SECONDS * 1e3 for phase in alone + beside for each in phase),
            "hops_heard": sum(map(len, alone + beside)),
            "hops_expected": expected,
        },
        "work": {
            "passages": load_of.passages,
            "recordings_done": counters.done,
            "processes_died": counters.restarts,
        },
    }


def _phases(
    listener: Listener, load_of: Load, folder: Path, rounds: int, seconds: float
) -> Generator[tuple[bool, list[float]]]:
    """Yield whether there were jobs, and the latencies of a phase, milliseconds."""
    begun = float((folder / BEGUN).read_text())
    for number in range(rounds):
        for with_jobs in (False, True) if number % 2 == 0 else (True, False):
            if with_jobs:
                load_of.begin()
            first = len(listener.at)
            time.sleep(seconds)
            heard = listener.at[first:]
            if with_jobs:
                load_of.end()
            yield with_jobs, [latency_ms(sample, at, begun) for sample, at in heard]
            sys.stderr.write(f"jobs: round {number + 1} of {rounds}, {'with' if with_jobs else 'without'}\n")


def latency_ms(sample: int, at: float, begun: float) -> float:
    """Return a hop's latency.

    Args:
        sample: after its last one.
        at: when its scores were told, seconds.
        begun: when the microphone handed over its first period.
    """
    return (at - begun - (sample / SAMPLE_RATE - PERIOD_S)) * 1e3


def _p(values: Sequence[float], percent: int) -> float:
    return percentile(values, percent)


def _told(phases: Sequence[Sequence[float]]) -> dict[str, Any]:
    together = [latency for each in phases for latency in each]
    return {
        f"p{percent}_ms": {
            "of_all": round(_p(together, percent), 3),
            **_spread([_p(each, percent) for each in phases]),
        }
        for percent in (50, 95, 99)
    }


def _spread(values: Sequence[float]) -> dict[str, float | int]:
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {**{name: round(value, 3) for name, value in found.items()}, "n": len(values)}


def _plain(microphone: Microphone) -> Microphone:
    """Return one of 16 kHz: a resampler holds sound back, and no latency could be told from that."""
    script = microphone.folder / "arecord"
    first, _, rest = script.read_text().partition("\n")
    dump = """case " $* " in *" --dump-hw-params "*) printf 'RATE: 16000\\nCHANNELS: 1\\n' >&2; exit;; esac"""
    script.write_text(f"{first}\n{dump}\n{rest}")
    return microphone


@contextlib.contextmanager
def _heard(config: Config) -> Generator[Listener]:
    """Run a pipeline on the microphone until the end."""
    listener = Listener()
    pipeline = Pipeline(config, taps=[listener.hear], score_taps=[listener.hear])
    pipeline.start()
    try:
        deadline = time.monotonic() + READY_S
        while not listener.at and time.monotonic() < deadline and not pipeline.done.is_set():
            time.sleep(0.1)
        time.sleep(WARM_S)
        if not listener.at:
            raise EdgedError(f"jobs: no measurement, nothing was heard: {pipeline.failure}")
        yield listener
    finally:
        pipeline.stop()


@contextlib.contextmanager
def _surroundings(microphone: Microphone) -> Generator[None]:
    """Put the scripted arecord before any other."""
    before = dict(os.environ)
    os.environ.update(microphone.environment())
    try:
        assert shutil.which("arecord") == str(microphone.folder / "arecord")
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _fast_switching() -> Generator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
