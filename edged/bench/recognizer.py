"""What the recognizer's process costs beyond its decoding, and how soon the text follows a command."""

import math
import statistics
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

from edged.bench.direct import Direct
from edged.catalog.manifest import Model
from edged.errors import AudioInputError, RecognizerDied
from edged.geometry import HOP, HOP_SECONDS, SAMPLE_RATE
from edged.stages.recognize.loading import Choice
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, Lost, Options, Pcm, Reply, Restarted

ANSWER_S = 120.0
"""Seconds to wait for the text of one utterance."""

MINUTE_S = 60.0
"""Seconds of audio in one run: what an utterance costs at its ends counts as often as it does in a minute."""

CPUCLOCK_SCHED = 2
"""Kind of clock in Linux's clock ids of other processes (include/linux/posix-timers.h)."""


def overhead(
    model: Model,
    utterances: Sequence[Pcm],
    mode: Choice = "auto",
    repeats: int = 7,
    speed: float = 10.0,
    at_least_s: float = MINUTE_S,
) -> dict[str, object]:
    """Compare processor time: daemon and child together, against sherpa-onnx called in this process.

    Both hear the same hops of 80 ms at the same pace, in turn, each `repeats` times after one run to warm up,
    and decode the same. Directly means as an application without edged would write it, see `direct.py`.

    Args:
        model: a recognizer.
        utterances: shape (n,) each, int16, 16 kHz; said again until a run has `at_least_s`.
        mode: how to decode.
        repeats: pairs of runs.
        speed: times real time. Every message still wakes the child; what faster hides are caches that
            others emptied in between, on both sides.
        at_least_s: seconds of audio in one run.

    Returns:
        Milliseconds of processor time per minute of audio: medians, the median of the differences pair by
        pair with their spread, and whether both understood the same.

    Raises:
        AudioInputError: there is no sound in them.
        RecognizerDied: the process died: no number would mean anything.
    """
    said = _repeated(utterances, at_least_s)
    minutes = sum(len(pcm) for pcm in said) / SAMPLE_RATE / 60
    sherpa = Direct(model, mode)
    direct: list[float] = []
    child: list[float] = []
    same = True
    with _Session(model, mode).running() as session:
        for warm in (True, *[False] * repeats):
            alone, text = _alone(sherpa, said, speed)
            apart = session.cpu_s(said, speed)
            same &= text == session.text
            if not warm:
                direct.append(alone * 1000 / minutes)
                child.append(apart * 1000 / minutes)
    extra = sorted(there - here for here, there in zip(direct, child, strict=True))
    return {
        "mode": sherpa.mode,
        "audio_s": round(minutes * 60, 1),
        "repeats": repeats,
        "speed": speed,
        "same_text": same,
        "direct_ms_per_min": round(statistics.median(direct), 2),
        "child_ms_per_min": round(statistics.median(child), 2),
        "overhead_ms_per_min": round(statistics.median(extra), 2),
        "overhead_min": round(extra[0], 2),
        "overhead_max": round(extra[-1], 2),
    }


def latency(
    model: Model, utterances: Sequence[Pcm], mode: Choice = "auto", count: int = 20, threads: int = 1
) -> dict[str, object]:
    """Measure from the call of `finish` to the arrival of the final, audio coming in real time.

    Args:
        model: a recognizer.
        utterances: shape (n,) each, int16, 16 kHz; taken in turn.
        mode: how to decode.
        count: utterances to say.
        threads: of the model's arithmetic.

    Returns:
        Milliseconds, wall clock: p50, p95, max, and each.
    """
    waits: list[float] = []
    with _Session(model, mode, threads).running() as session:
        for index in range(count):
            pcm = utterances[index % len(utterances)]
            session.say(pcm, speed=1.0)
            finished = time.perf_counter()
            session.finish()
            waits.append((session.answered() - finished) * 1000)
        used = session.recognizer.capabilities.mode
    ordered = sorted(waits)
    return {
        "mode": used,
        "utterances": count,
        "p50_ms": round(statistics.median(ordered), 2),
        "p95_ms": round(ordered[max(0, -(-95 * count // 100) - 1)], 2),
        "max_ms": round(ordered[-1], 2),
        "waits_ms": [round(wait, 2) for wait in waits],
    }


def process_cpu_s(pid: int) -> float:
    """Return the processor seconds of another process so far, exact (clock_getcpuclockid(3))."""
    return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED) / 1e9


def _paced(pcm: Pcm, speed: float) -> Iterator[Pcm]:
    """Give hops at `speed` times real time."""
    begin = time.perf_counter()
    for index, at in enumerate(range(0, len(pcm), HOP), 1):
        time.sleep(max(0.0, begin + index * HOP_SECONDS / speed - time.perf_counter()))
        yield pcm[at : at + HOP]


def _repeated(utterances: Sequence[Pcm], at_least_s: float) -> list[Pcm]:
    """Return all utterances, as often as makes so much audio."""
    samples = sum(len(pcm) for pcm in utterances)
    if samples == 0:
        raise AudioInputError("recognizer bench: the recordings hold no sound")
    return list(utterances) * math.ceil(max(1.0, at_least_s * SAMPLE_RATE / samples))


def _alone(sherpa: Direct, utterances: Sequence[Pcm], speed: float) -> tuple[float, str]:
    """Return the processor seconds of decoding in this process, and the last text."""
    text = ""
    before = time.process_time()
    for pcm in utterances:
        text = sherpa.text(_paced(pcm, speed))
    return time.process_time() - before, text


class _Session:
    """A recognizer in its process, and the time at which its last answer came."""

    def __init__(self, model: Model, mode: Choice, threads: int = 1) -> None:
        self._answer = threading.Event()
        self._at = 0.0
        self._trouble: Reply | None = None
        self._number = 0
        self.text = ""
        self.recognizer = ChildRecognizer(model, self._hear, mode, threads)

    @contextmanager
    def running(self) -> Generator["_Session"]:
        try:
            yield self
        finally:
            self.recognizer.close()

    def say(self, pcm: Pcm, speed: float) -> None:
        self._number += 1
        self._answer.clear()
        self.recognizer.start(self._number, Options())
        for hop in _paced(pcm, speed):
            self.recognizer.accept(self._number, hop)

    def finish(self) -> None:
        self.recognizer.finish(self._number)

    def answered(self) -> float:
        """Return when the text came, `time.perf_counter`.

        Raises:
            RecognizerDied: the process died or the text did not come: no number would mean anything.
        """
        if not self._answer.wait(ANSWER_S) or self._trouble is not None:
            raise RecognizerDied(f"recognizer: no measurement, it answered {self._trouble}")
        return self._at

    def cpu_s(self, utterances: Sequence[Pcm], speed: float) -> float:
        """Return the processor seconds of this process and the child for these utterances."""
        pid = self.recognizer.pid
        assert pid is not None  # it is ready; a death shows in `answered`
        before = time.process_time() + process_cpu_s(pid)
        for pcm in utterances:
            self.say(pcm, speed)
            self.finish()
            self.answered()
        return time.process_time() + process_cpu_s(pid) - before

    def _hear(self, reply: Reply) -> None:
        if isinstance(reply, (Lost, Restarted)):
            self._trouble = reply
        if isinstance(reply, Final):
            self.text = reply.transcript.text
        if isinstance(reply, (Final, Lost)):
            self._at = time.perf_counter()
            self._answer.set()
