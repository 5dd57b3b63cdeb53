"""Silero's voice activity detector on the CPU, in both generations that are about.

Version 5 and 6 take 64 samples of context with each window and carry one state; version 4, which
openWakeWord ships, takes the window alone and carries an LSTM's `h` and `c`. Which one a file holds is
read from its inputs.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edged.backends.backend import Pcm
from edged.backends.cpu.session import open_session
from edged.errors import ModelError, ProviderFailed
from edged.geometry import SAMPLE_RATE, VAD_CONTEXT, VAD_WINDOW

_FULL_SCALE = np.float32(1 / 32768)


@dataclass(frozen=True, slots=True)
class _Generation:
    """What one generation of the model takes besides the sound."""

    context: int
    """Samples before the window that it also sees."""
    states: tuple[tuple[str, tuple[int, ...]], ...]
    """Input name and shape of each state, in the order of the outputs after the probability."""


_GENERATIONS = (
    _Generation(VAD_CONTEXT, (("state", (2, 1, 128)),)),
    _Generation(0, (("h", (2, 1, 64)), ("c", (2, 1, 64)))),
)


class CpuVad:
    """A VadBackend: the model, shared by all streams."""

    provider = "cpu"

    def __init__(self, model: Path) -> None:
        """Open the model and ask it for a first answer.

        Raises:
            ModelError: no such file, or not a silero VAD.
            ProviderUnavailable: onnxruntime is missing or refuses the model.
        """
        if not model.is_file():
            raise ModelError(f"{model}: no such file; the VAD needs a silero model")
        self._session: Any = open_session(model, str(model))
        self._generation = _recognized(self._session, model)
        try:
            self.stream().probability(np.zeros(VAD_WINDOW, np.int16))
        except ProviderFailed as exc:
            raise ModelError(f"{model}: looks like a silero VAD and does not answer ({exc.reason})") from exc

    def stream(self) -> "_CpuVadStream":
        """Open a stream that has heard nothing."""
        return _CpuVadStream(self, self._generation)

    def run(self, feeds: dict[str, Any]) -> list[Any]:
        """Run the model once; safe from several threads.

        Raises:
            ProviderFailed: the model broke or was closed.
        """
        if self._session is None:
            raise ProviderFailed("cpu", "the VAD was closed")
        try:
            return self._session.run(None, feeds)
        except Exception as exc:  # onnxruntime raises a dozen private classes: all mean "broke"
            raise ProviderFailed("cpu", f"VAD: {str(exc).strip() or type(exc).__name__}") from exc

    def close(self) -> None:
        """Give the model back."""
        self._session = None


class _CpuVadStream:
    """The state of one stream: what the model carries, and the context of the next window."""

    def __init__(self, backend: CpuVad, generation: _Generation) -> None:
        self._backend = backend
        self._generation = generation
        self._input = np.zeros((1, generation.context + VAD_WINDOW), np.float32)
        self._feeds: dict[str, Any] = {"input": self._input, "sr": np.array(SAMPLE_RATE, np.int64)}
        self.reset()

    def reset(self) -> None:
        self._input[:] = 0
        for name, shape in self._generation.states:
            self._feeds[name] = np.zeros(shape, np.float32)

    def probability(self, pcm: Pcm) -> float:
        if pcm.shape != (VAD_WINDOW,):
            raise ProviderFailed("cpu", f"VAD: expected {VAD_WINDOW} samples, got shape {pcm.shape}")
        context = self._generation.context
        if context:
            self._input[0, :context] = self._input[0, -context:]
        np.multiply(pcm, _FULL_SCALE, out=self._input[0, context:])
        answer, *states = self._backend.run(self._feeds)
        probability = float(answer[0, 0])
        if not 0.0 <= probability <= 1.0:
            raise ProviderFailed("cpu", f"VAD: answered {probability}, which is no probability")
        for (name, _), state in zip(self._generation.states, states, strict=True):
            self._feeds[name] = state
        return probability


def _recognized(session: Any, model: Path) -> _Generation:
    inputs = {item.name for item in session.get_inputs()}
    for generation in _GENERATIONS:
        if inputs == {"input", "sr", *(name for name, _ in generation.states)}:
            return generation
    known = " or ".join(
        "(" + ", ".join(["input", "sr", *(name for name, _ in generation.states)]) + ")"
        for generation in _GENERATIONS
    )
    raise ModelError(f"{model}: not a silero VAD: its inputs are {sorted(inputs)}, expected {known}")
