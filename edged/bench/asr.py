"""What a recognizer costs by itself: to load, to keep in memory, and to decode; and how right it is."""

import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edged.backends.backend import Pcm
from edged.bench.memory import memory_mb
from edged.bench.paced import percentile
from edged.bench.wording import error_rate, errors
from edged.catalog.manifest import Model
from edged.errors import RecognizerDied
from edged.geometry import HOP
from edged.stages.recognize.loading import Choice
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, Lost, Options, Reply, Restarted

ANSWER_S = 300.0
"""Seconds to wait for the text of one recording."""


class _Answers:
    """The newest final answer."""

    def __init__(self) -> None:
        self._there = threading.Event()
        self._reply: Reply | None = None

    def __call__(self, reply: Reply) -> None:
        if isinstance(reply, Final | Lost | Restarted):
            self._reply = reply
            self._there.set()

    def wait(self) -> Final:
        """Return the final text.

        Raises:
            RecognizerDied: the process died or the text did not come: no number would mean anything.
        """
        if not self._there.wait(ANSWER_S) or not isinstance(self._reply, Final):
            raise RecognizerDied(f"recognizer: no measurement, it answered {self._reply}")
        self._there.clear()
        return self._reply


def run(
    model: Model,
    recordings: Sequence[tuple[Path, Pcm]],
    mode: Choice,
    said: Mapping[Path, str],
    threads: int = 1,
) -> dict[str, Any]:
    """Load a recognizer in its process and give it every recording twice, as fast as it takes them.

    The first time warms up and is not counted.

    Args:
        model: a recognizer.
        recordings: shape (n,) each, int16, 16 kHz.
        mode: how to decode.
        said: what is said in some of them.
        threads: of the model's arithmetic.

    Raises:
        RecognizerDied: the process died.
    """
    answers = _Answers()
    begun = time.perf_counter()
    recognizer = ChildRecognizer(model, answers, mode, threads)
    load_ms = (time.perf_counter() - begun) * 1e3
    try:
        rows = [
            _decode(recognizer, answers, number, file, pcm, said.get(file))
            for number, (file, pcm) in enumerate([*recordings, *recordings], 1)
        ][len(recordings) :]
        capabilities, pid = recognizer.capabilities, recognizer.pid
        assert pid is not None  # it just answered
        memory = memory_mb(pid)
    finally:
        recognizer.close()
    spoken = sum(row["audio_s"] for row in rows)
    rtfs = [row["rtf"] for row in rows if row["rtf"] is not None]
    return {
        "backend": capabilities.provider,
        "family": capabilities.family,
        "mode": capabilities.mode,
        "threads": threads,
        "load_ms": round(load_ms, 1),
        "warm_up_recordings": len(recordings),
        "audio_s": round(spoken, 3),
        "rtf": round(sum(row["cpu_s"] for row in rows) / spoken, 5) if spoken else None,
        "rtf_wall": round(sum(row["wall_s"] for row in rows) / spoken, 5) if spoken else None,
        "rtf_p50": percentile(rtfs, 50) if rtfs else None,
        "rtf_p95": percentile(rtfs, 95) if rtfs else None,
        "rtf_max": max(rtfs, default=None),
        "memory_mb": memory,
        "wer": error_rate((row["text"], row["reference"]) for row in rows if row["reference"] is not None),
        "recordings": rows,
    }


def _decode(
    recognizer: ChildRecognizer, answers: _Answers, number: int, file: Path, pcm: Pcm, reference: str | None
) -> dict[str, Any]:
    begun = time.perf_counter()
    recognizer.start(number, Options())
    for at in range(0, len(pcm), HOP):
        recognizer.accept(number, pcm[at : at + HOP])
    recognizer.finish(number)
    final = answers.wait()
    text = final.transcript.text
    return {
        "file": str(file),
        "audio_s": round(final.audio_s, 4),
        "cpu_s": round(final.cpu_s, 5),
        "wall_s": round(time.perf_counter() - begun, 5),
        "rtf": round(final.cpu_s / final.audio_s, 5) if final.audio_s else None,
        "text": text,
        "reference": reference,
        "wrong_words": None if reference is None else errors(text, reference),
    }
