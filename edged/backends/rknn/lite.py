"""One graph in Rockchip's `rknnlite`, made honest: what that package only logs, or hides, is an error here.

Seen in rknn-toolkit-lite2 2.5.0: `inference()` does not look at what `rknn_run` returned and hands the old
output back as a good answer; it takes inputs whose axes are swapped; a graph whose core mask was refused
runs all the same; errors are logged and `-1` or None returned; to import it, and again to make an object,
takes the names of the logging levels away. Used by the thread that made it, and by no other.
"""

import importlib
import logging
import re
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from edged.backends.backend import Floats
from edged.backends.rknn.errors import NpuInitFailed, NpuNonsense, NpuPythonMissing, NpuRunFailed, told
from edged.backends.rknn.machine import PACKAGE

LOGGER = "acuityLogger"
"""What its logger is called."""

CORES = (1, 2, 4)
"""Rockchip's masks of the three cores, one at a time: AUTO takes the first as well, and small graphs gain
nothing from several."""


class LiteGraph:
    """A compiled graph, open on one core of the NPU."""

    def __init__(self, path: Path, core: int, shapes: Sequence[tuple[int, ...]], columns: int) -> None:
        """Open it.

        Args:
            path: of the .rknn file.
            core: 0, 1 or 2.
            shapes: of the inputs, in order.
            columns: numbers of its first output.

        Raises:
            NpuPythonMissing: rknn-toolkit-lite2 cannot be imported.
            NpuInitFailed: it cannot be opened.
        """
        self._shapes = tuple(shapes)
        self._columns = columns
        self._code: Any = 0
        with level_names():
            self._lite: Any = open_lite()
            try:
                self._do("load_rknn", self._lite.load_rknn, str(path))
                # no target: that is for a board at the other end of a cable
                self._do("init_runtime", self._lite.init_runtime, core_mask=CORES[core])
            except NpuInitFailed:
                self.close()
                raise
        self._watch_run()

    def run(self, *inputs: Floats) -> Floats:
        """Return the first output, shape (columns,), a copy.

        Raises:
            NpuRunFailed: a call returned an error, or nothing.
            NpuNonsense: the answer has another shape or is not finite.
        """
        if self._lite is None:
            raise NpuRunFailed("the graph was closed")
        for given, shape in zip(inputs, self._shapes, strict=True):
            # the package counts bytes and axes only: swapped axes would be scored as if they were right
            if given.shape != shape or given.dtype != np.float32 or not given.flags.c_contiguous:
                raise NpuRunFailed(f"asked about {given.dtype} {given.shape}, not float32 {shape}")
        self._code = 0
        _HEARD.lines.clear()
        answer: Any = self._lite.inference(inputs=list(inputs))
        if self._code != 0:
            raise NpuRunFailed(f"rknn_run: {told(self._code)}")
        if not answer:
            raise NpuRunFailed(f"no answer: {_reason(_HEARD.lines)}")
        row = np.array(answer[0], np.float32).reshape(-1)
        if row.shape != (self._columns,):
            raise NpuNonsense(f"answers {row.size} numbers, not {self._columns}")
        if not np.isfinite(np.add.reduce(row)):
            raise NpuNonsense("answers NaN or infinity")
        return row

    def close(self) -> None:
        """Give it back; closing twice is allowed."""
        if self._lite is not None:
            self._lite.release()
            self._lite = None

    def _do(self, what: str, call: Callable[..., Any], *given: Any, **more: Any) -> None:
        _HEARD.lines.clear()
        try:
            code = call(*given, **more)
        except Exception as exc:  # whatever the vendor's code raises
            raise NpuInitFailed(f"{what}: {type(exc).__name__}: {exc}") from exc
        if code != 0:
            raise NpuInitFailed(f"{what}: {_reason(_HEARD.lines)}")

    def _watch_run(self) -> None:
        """Keep what `rknn_run` returns, which `inference` throws away.

        Where a later version of the package has no such method, the canary alone tells stale answers.
        """
        runtime: Any = getattr(self._lite, "rknn_runtime", None)
        inner: Any = getattr(runtime, "run", None)
        if inner is None:
            return

        def run(*given: Any, **more: Any) -> Any:
            answer: Any = inner(*given, **more)
            self._code = answer
            return answer

        runtime.run = run


class _Heard(logging.Handler):
    """The last lines that the package logged: the only place where it says what went wrong."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: deque[str] = deque(maxlen=64)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


_HEARD = _Heard()


@contextmanager
def level_names() -> Generator[None]:
    """Put the names of the logging levels back: the package renames them, at import and with each object."""
    lib: Any = logging
    tables = {name: getattr(lib, name) for name in ("_levelToName", "_nameToLevel")}
    kept = {name: dict(table) for name, table in tables.items()}
    try:
        yield
    finally:
        for name, table in tables.items():  # it may have put others in their place
            table.clear()
            table.update(kept[name])
            setattr(lib, name, table)


def open_lite() -> Any:
    """Return a new `RKNNLite`; use it within `level_names`.

    Raises:
        NpuPythonMissing: it cannot be imported here.
    """
    try:
        package: Any = importlib.import_module("rknnlite.api")
    except ImportError as exc:
        raise NpuPythonMissing(f"{PACKAGE} cannot be imported: {exc}") from exc
    lite = package.RKNNLite(verbose=False)
    # its own handler writes to stderr: what it says is told once, by us, with the way out
    logging.getLogger(LOGGER).handlers[:] = [_HEARD]
    return lite


def _reason(heard: Iterable[str]) -> str:
    """Return the line that matters of what was logged, and the way out."""
    text = "\n".join(heard)
    code = re.findall(r"error code: (\S+)", text)
    if code:
        return told(int(code[-1]) if re.fullmatch(r"-\d+", code[-1]) else code[-1])
    if "core mode" in text:
        return "the driver refuses this core of the NPU: choose another npu_core in [heads]"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    raised = [line for line in lines if re.match(r"(E )?(\w+Error|Exception): ", line)]
    return (raised or lines or ["no reason given"])[-1].removeprefix("E ")
