"""One graph through the compiler, in a child of limited time and memory, its end explained in a sentence."""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edged.catalog.artifact import Floats
from edged.catalog.convert.environment import Toolkit
from edged.catalog.convert.placement import Placement, read_placement

CHILD = Path(__file__).with_name("child.py")
LIMIT_S = 120.0
"""Seconds one graph may take to compile; heads take one, with the embedding model two."""
SIMULATE_S = 0.1
"""Seconds more per window that is simulated: twenty times what one takes."""
MEMORY_BYTES = 3 << 30
"""Address space a child may take; heads take 0.6 GB."""
SPLIT = "reduce_reshape_op_around_split"
"""A rule of rknn-toolkit2 2.5.0 that stumbles over a Split (`TypeError: 'split' object is not iterable`)."""

OnStep = Callable[[str], None]


class NotCompiled(Exception):
    """The compiler did not make it; the text finishes a sentence that begins with what was compiled."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to compile, and what to ask the simulator."""

    model: bytes
    target: str
    inputs: Mapping[str, Floats]
    """By name and in the graph's order, first axis the windows."""
    outputs: Sequence[str]
    """Names, in the graph's order."""
    label: str
    """Stored in the file, readable; up to 1000 letters."""
    calibration: Sequence[Floats] = ()
    """Inputs of the first name, for int8; none: fp16."""
    limit_s: float = LIMIT_S
    memory_bytes: int = MEMORY_BYTES


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of it."""

    file: Path
    answers: Mapping[str, Floats]
    """The simulator's, by output."""
    placement: Placement
    seconds: float
    notes: tuple[str, ...] = field(default=())


def compile_graph(job: Job, toolkit: Toolkit, work: Path, step: OnStep = lambda text: None) -> Compiled:
    """Compile a graph and simulate it in `work`, an empty folder that is the caller's to remove.

    Raises:
        NotCompiled: whatever happened, in words.
        OSError: the folder cannot be written, or no process started.
    """
    try:
        return _attempt(job, toolkit, work, {}, step)
    except NotCompiled as exc:
        if "'split' object is not iterable" not in str(exc):
            raise
    return _attempt(job, toolkit, work, {"disable_rules": [SPLIT]}, step)


def _attempt(job: Job, toolkit: Toolkit, work: Path, extra: Mapping[str, Any], step: OnStep) -> Compiled:
    out, answers, log = work / "graph.rknn", work / "answers.npz", work / "log.txt"
    for left in (out, answers, log):
        left.unlink(missing_ok=True)
    (work / "graph.onnx").write_bytes(job.model)
    save: Any = np.savez  # its stubs take every name for an option
    save(work / "inputs.npz", **job.inputs)
    (work / "job.json").write_text(
        json.dumps(
            {
                "model": str(work / "graph.onnx"),
                "out": str(out),
                "inputs": str(work / "inputs.npz"),
                "answers": str(answers),
                "input_names": list(job.inputs),
                "output_names": list(job.outputs),
                "target": job.target,
                "config": {"custom_string": job.label[:1000], **extra},
                "dataset": _dataset(job, work),
                "memory_bytes": job.memory_bytes,
            }
        )
    )
    began = time.monotonic()
    limit_s = job.limit_s + SIMULATE_S * len(next(iter(job.inputs.values())))
    status, said, last = _run(toolkit, work, limit_s, step)
    text = log.read_text(errors="replace")
    if problem := explain(status, said, last, text, limit_s):
        raise NotCompiled(problem)
    placement = read_placement(text)
    if placement is None or not out.is_file() or not out.stat().st_size:
        raise NotCompiled("the compiler says that all went well, and has made nothing that can be read")
    with np.load(answers) as stored:
        found = {name: np.asarray(stored[name], np.float32) for name in job.outputs}
    return Compiled(out, found, placement, time.monotonic() - began)


def _dataset(job: Job, work: Path) -> str | None:
    if not job.calibration:
        return None
    lines: list[str] = []
    for index, window in enumerate(job.calibration):
        path = work / f"calibration-{index}.npy"
        np.save(path, window)
        lines.append(f"{path}\n")
    (work / "calibration.txt").write_text("".join(lines))
    return str(work / "calibration.txt")


def _run(
    toolkit: Toolkit, work: Path, limit_s: float, step: OnStep
) -> tuple[int | None, list[dict[str, Any]], str]:
    """Return exit status (None: it was late), what it said but steps, and the step it was at."""
    ours, theirs = os.pipe()
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {**os.environ, **threads, "TMPDIR": str(work), "PYTHONNOUSERSITE": "1"}
    environment.pop("PYTHONPATH", None)  # edged's libraries are too new for it
    try:
        with (work / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                [str(toolkit.python), "-I", "-B", str(CHILD), str(theirs), str(work / "job.json")],
                pass_fds=(theirs,),
                cwd=work,  # it leaves files wherever it is
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
            )
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    try:
        until = time.monotonic() + limit_s
        said, at, late = _listen(ours, until, step)
        if not late:
            try:
                process.wait(max(1.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                late = True
        if late:
            process.kill()
        status = process.wait()
    except BaseException:  # also Ctrl-C: the child goes before its folder does
        process.kill()
        process.wait()
        raise
    finally:
        os.close(ours)
    return None if late else status, said, at


def _listen(fd: int, until: float, step: OnStep) -> tuple[list[dict[str, Any]], str, bool]:
    """Read what a child says until it closes its end or is late."""
    said: list[dict[str, Any]] = []
    at, rest = "start", b""
    while (left := until - time.monotonic()) > 0:
        if not select.select([fd], [], [], left)[0]:
            break
        if not (more := os.read(fd, 65536)):
            return said, at, False
        *lines, rest = (rest + more).split(b"\n")
        for line in lines:
            what: dict[str, Any] = json.loads(line)
            if "step" in what:
                at = str(what["step"])
                step(f"{at} {what['at']}/{what['of']}" if "of" in what else at)
            else:
                said.append(what)
    return said, at, True


def explain(
    status: int | None, said: Sequence[Mapping[str, Any]], at: str, log: str, limit_s: float
) -> str | None:
    """Return what went wrong, or None: exit status, what the child said but steps, its last step, its log."""
    during = f"while it is at {at!r}"
    if status is None:
        return f"the compiler takes longer than {limit_s:g} s {during}"
    error = next((each for each in said if "error" in each), None)
    if "std::bad_alloc" in log or (error is not None and error["error"] == "memory"):
        return f"the compiler needs more memory than it may have {during}"
    if status < 0:
        return f"the compiler crashes on it ({_signal(-status)} {during})"
    if error is not None:
        return _compilers_words(str(error["text"]), at)
    if status != 0 or not said:
        return f"the compiler ends with status {status} {during}, without a word"
    return None


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _compilers_words(text: str, at: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    words = lines[-1] if lines else "no reason"
    return f"the compiler refuses it at {at!r}: {words[:300]}"
