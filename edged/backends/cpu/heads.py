"""Wake-word heads on the CPU: one onnxruntime session each, all reading one copy of the history."""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edged.backends.backend import Floats
from edged.backends.cpu.head_shape import HeadShape, named_columns, read_shape
from edged.backends.cpu.session import open_session
from edged.errors import ModelError, ProviderFailed, ProviderUnavailable
from edged.geometry import EMBEDDING, HISTORY


@dataclass(frozen=True, slots=True)
class OnNpu:
    """What was compiled of a head for the NPU."""

    sheets: tuple[Path, ...]
    """Each the model.toml of a model of kind `compiled` that holds it."""
    core: int = 0
    """Core of the NPU, 0 to 2."""


@dataclass(frozen=True, slots=True)
class HeadModel:
    """One head to serve."""

    name: str
    """What its columns are called: `timer` makes `timer.1_minute_timer`."""
    path: Path
    labels: tuple[str, ...] = ()
    """A name for each output, in order, of a model that has several; `none` or empty: no word, no column.
    Without labels the names inside the model count, and without those the numbers 0, 1, …"""
    npu: OnNpu | None = None
    """None: it runs on the CPU only."""

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that tell what it computes, wherever it runs."""
        return (self.path, *(self.npu.sheets if self.npu else ()))


class CpuHeads:
    """A HeadBackend on onnxruntime; a call from a second thread waits for the first."""

    provider = "cpu"
    device = "cpu"
    precision = "fp32"

    def __init__(self, heads: Sequence[HeadModel]) -> None:
        """Open every head.

        Raises:
            ModelError: a file is missing, damaged, or no head of openWakeWord's shape.
            ProviderUnavailable: onnxruntime is missing, or cannot run a head.
        """
        if not heads:
            raise ModelError("no wake-word head to serve")
        self._lock = threading.Lock()
        self._history = np.zeros((HISTORY, EMBEDDING), np.float32)
        opened = [_open(head) for head in heads]
        self._outputs = np.zeros(sum(shape.outputs for _, shape in opened), np.float32)
        self._bound: list[tuple[str, Any, Any]] = []
        columns: list[str] = []
        windows: list[int] = []
        picked: list[int] = []
        at = 0
        for head, (session, shape) in zip(heads, opened, strict=True):
            binding = self._bind(session, shape, at)
            self._bound.append((head.name, session, binding))
            for output, column in named_columns(head.name, head.path, head.labels, shape):
                columns.append(column)
                windows.append(shape.window)
                picked.append(at + output)
            at += shape.outputs
        twice = sorted({column for column in columns if columns.count(column) > 1})
        if twice:
            raise ModelError(f"two heads answer under one name: {', '.join(twice)}")
        self.columns = tuple(columns)
        self.windows = tuple(windows)
        self.picked = np.array(picked, np.intp)
        """Where each column is among the outputs of all heads, one after the other."""
        self._probe(heads, opened)

    def _bind(self, session: Any, shape: HeadShape, at: int) -> Any:
        """Bind the newest rows of the history and this head's place among the outputs."""
        newest = self._history[HISTORY - shape.window :]
        binding = session.io_binding()
        binding.bind_input(
            shape.input, "cpu", 0, np.float32, (1, shape.window, EMBEDDING), newest.ctypes.data
        )
        binding.bind_output(
            shape.output, "cpu", 0, np.float32, shape.output_shape, self._outputs[at:].ctypes.data
        )
        return binding

    def _probe(self, heads: Sequence[HeadModel], opened: Sequence[tuple[Any, HeadShape]]) -> None:
        """Refuse a head that does not answer with scores: what it answers is only known by asking."""
        for scale in (0.0, 1.0, 8.0, 20.0):  # real embeddings have an rms of about 8
            self._history[:] = np.random.default_rng(1).normal(scale=scale, size=self._history.shape)
            try:
                self._run()
            except ProviderFailed as exc:
                raise ProviderUnavailable(self.provider, exc.reason) from exc
            at = 0
            for head, (_, shape) in zip(heads, opened, strict=True):
                answer = self._outputs[at : at + shape.outputs]
                at += shape.outputs
                wrong = answer[~((answer >= 0.0) & (answer <= 1.0))]
                if wrong.size:
                    raise ModelError(
                        f"{head.path}: head {head.name} answers {wrong[0]:.3g}, not a score from 0 to 1"
                    )

    def scores(self, history: Floats) -> Floats:
        if history.shape != (HISTORY, EMBEDDING):
            raise ProviderFailed(self.provider, f"expected ({HISTORY}, {EMBEDDING}), got {history.shape}")
        with self._lock:
            np.copyto(self._history, history)
            self._run()
            scores = self._outputs[self.picked]
        # a sum is finite only if all of it is: cheaper than one flag per column
        if not math.isfinite(np.add.reduce(scores)):
            wrong = [name for name, score in zip(self.columns, scores, strict=True) if not np.isfinite(score)]
            raise ProviderFailed(self.provider, f"no finite score from {', '.join(wrong)}")
        return scores

    def _run(self) -> None:
        if not self._bound:
            raise ProviderFailed(self.provider, "the heads were closed")
        for name, session, binding in self._bound:
            try:
                session.run_with_iobinding(binding)
            except Exception as exc:  # onnxruntime raises a dozen private classes: all mean "failed"
                raise ProviderFailed(self.provider, f"head {name}: {exc}") from exc

    def close(self) -> None:
        with self._lock:
            self._bound = []


def _open(head: HeadModel) -> tuple[Any, HeadShape]:
    if not head.path.is_file():
        raise ModelError(f"{head.path}: head {head.name}: no such file")
    try:
        session = open_session(head.path, f"head {head.name}")
    except ProviderUnavailable as exc:
        if isinstance(exc.__cause__, ImportError):
            raise
        raise ModelError(f"{head.path}: onnxruntime refuses it: {exc.reason}") from exc
    return session, read_shape(session, head.name, head.path)
