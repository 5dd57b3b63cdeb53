"""Whether memory grows with the utterances that are recognized: in who asks, and in the process asked."""

import itertools
import os
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edged.backends.backend import Pcm
from edged.catalog.manifest import Model
from edged.errors import AudioInputError, RecognizerDied
from edged.geometry import HOP
from edged.messages import Body, Final, Lost, Restarted
from edged.runtime.commands import PATIENCE_S, Commands
from edged.runtime.timing import StageTimes
from edged.stages.recognize.loading import Choice
from edged.stages.recognize.process import ChildRecognizer
from edged.telemetry.memory import resident_bytes

WARM_UP = 0.2
"""Part of the utterances whose memory is not looked at: arenas and caches are still filling."""

LOOKED_AT = 400
"""Looks that the slope is taken of, evenly spaced: every pair of them has one."""


def run(utterances: Sequence[Pcm], model: Model, mode: Choice = "auto", count: int = 2000) -> dict[str, Any]:
    """Recognize utterances one after the other, in turn, and look at both processes after each.

    Args:
        utterances: shape (n,) each, int16, 16 kHz.
        model: a recognizer.
        mode: how to decode.
        count: utterances in all.

    Returns:
        Bytes that each process grew per utterance after the warm-up (Theil-Sen: the median of the slopes of
        all pairs), and what it had at the end.

    Raises:
        AudioInputError: there is no sound in them.
        RecognizerDied: an utterance was lost, or the process died: no number would mean anything.
    """
    said = [pcm for pcm in utterances if len(pcm)]
    if not said:
        raise AudioInputError("recognizer bench: the recordings hold no sound")
    looks = np.zeros((2, count), np.int64)
    session = _Session(model, mode)
    try:
        for index, pcm in zip(range(count), itertools.cycle(said), strict=False):
            looks[:, index] = session.say(pcm)
    finally:
        session.close()
    return {
        "bench": "utterances",
        "model": model.name,
        "mode": session.mode,
        "utterances": count,
        "warm_up": round(WARM_UP * count),
        "asking_bytes_per_utterance": round(growth(looks[0]), 1),
        "asked_bytes_per_utterance": round(growth(looks[1]), 1),
        "asking_mb": round(int(looks[0, -1]) / 1e6, 1),
        "asked_mb": round(int(looks[1, -1]) / 1e6, 1),
    }


def growth(looks: NDArray[np.int64]) -> float:
    """Return the growth per look after the warm-up: the median of the slopes of all pairs (Theil and Sen).

    looks: shape (n,), n >= 3.
    """
    places = np.unique(np.linspace(round(WARM_UP * len(looks)), len(looks) - 1, LOOKED_AT).astype(int))
    here, there = np.triu_indices(len(places), 1)
    rises = looks[places[there]] - looks[places[here]]
    return float(np.median(rises / (places[there] - places[here])))


class _Session:
    """A recognizer, asked as the daemon asks it."""

    def __init__(self, model: Model, mode: Choice) -> None:
        self._trouble: Body | None = None
        self._answered = threading.Event()
        self._commands = Commands("bench", self._hear, StageTimes())
        self._recognizer = ChildRecognizer(model, self._commands.replied, mode)
        self._commands.attach(self._recognizer)
        self.mode = self._recognizer.capabilities.mode

    def say(self, pcm: Pcm) -> tuple[int, int]:
        """Say an utterance; return the resident bytes of both processes after its text.

        Raises:
            RecognizerDied: there is no text.
        """
        self._answered.clear()
        self._commands.announce()
        self._commands.open(0, 0)
        for at in range(0, len(pcm), HOP):
            self._commands.accept(pcm[at : at + HOP])
        self._commands.end("end_of_stream", len(pcm))
        if not self._answered.wait(PATIENCE_S) or self._trouble is not None:
            raise RecognizerDied(f"recognizer: no measurement, it answered {self._trouble}")
        pid = self._recognizer.pid
        asking, asked = resident_bytes(os.getpid()), resident_bytes(pid) if pid is not None else None
        if asking is None or asked is None:
            raise RecognizerDied("recognizer: no measurement, this machine does not tell memory")
        return asking, asked

    def close(self) -> None:
        self._recognizer.close()

    def _hear(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        if isinstance(body, Lost | Restarted):
            self._trouble = body
        if isinstance(body, Final | Lost):
            self._answered.set()
