"""A provider tried in a process of its own: what aborts, crashes or hangs there is lost without harm.

The child opens the provider, has it compute the known answers and measures what a step costs, its own and
the CPU's, in a process where nothing else runs: only there is the processor time of a driver's threads told
from that of the path.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edged.backends.calibrate import calibrate
from edged.backends.child import run_child
from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel, OnNpu
from edged.backends.openers import FeatureModels, HeadModels, named
from edged.backends.probe import known_step, probe_features, probe_heads
from edged.backends.select import Measured
from edged.backends.verdict import Dangerous, Hopeless, Refused
from edged.errors import ProviderFailed, ProviderUnavailable

LIMIT_S = 120.0
"""Seconds a trial may take: six of calibration, a minute of kernels that are compiled the first time."""

LONGEST = 1000
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a provider that passed costs, and the CPU beside it."""

    device: str
    mine: Measured
    cpu: Measured


Said = dict[str, Any]
"""What a child said, as it can be kept: `error` ("" where it passed) with `reason`, or what it measured."""


def ask_child(
    function: str,
    models: FeatureModels | HeadModels,
    sleep: Callable[[float], bool] | None = None,
    limit_s: float = LIMIT_S,
) -> Said:
    """Open a provider in a child, compare it with the CPU and measure both.

    Args:
        function: `module:name` of what opens it.
        models: what it is opened with.
        sleep: waits that many seconds; True: the run is over.
        limit_s: seconds it may take.

    Raises:
        Stopped: the run is over.
    """
    try:
        ended = run_child("edged.backends.trial", [function, to_text(models)], limit_s, sleep)
    except OSError as exc:
        return _error(ProviderUnavailable, f"cannot be tried: no process can be started ({exc})")
    if ended.status is None:
        return _error(Dangerous, f"hangs the process that tries it: no answer in {limit_s:g} s")
    if ended.status != 0:
        return _error(Dangerous, f"the process that tries it {ended.how}")
    return json.loads(ended.answer)


def judge(provider: str, said: Said) -> Trial:
    """Return what a child measured.

    Raises:
        ProviderUnavailable: it cannot be opened.
        Refused: it computes something else.
        Dangerous: it ended the child, or hung in it.
        ValueError, TypeError, KeyError: no child said this.
    """
    if said["error"]:
        raise _ERRORS[said["error"]](provider, str(said["reason"]))
    return Trial(str(said["device"]), _measured(said["mine"]), _measured(said["cpu"]))


def _measured(said: Said) -> Measured:
    return Measured(float(said["p95_ms"]), float(said["cpu_ms"]))


_ERRORS = {kind.__name__: kind for kind in (ProviderUnavailable, Hopeless, Refused, Dangerous)}


def _error(kind: type[ProviderUnavailable], reason: str) -> Said:
    return {"error": kind.__name__, "reason": reason[:LONGEST]}


def _child(fd: int, function: str, text: str) -> None:
    try:
        said: Said = {"error": "", **asdict(try_here(named(function), from_text(text)))}
    except ProviderUnavailable as exc:
        kinds = (kind for kind in (Refused, Hopeless) if isinstance(exc, kind))
        said = _error(next(kinds, ProviderUnavailable), exc.reason)
    except ProviderFailed as exc:
        said = _error(Refused, f"fails on its known answers: {exc.reason}")
    except Exception as exc:  # noqa: BLE001 - whatever a driver raises, the parent is told
        said = _error(ProviderUnavailable, f"{type(exc).__name__}: {exc}")
    with os.fdopen(fd, "w") as answer:
        json.dump(said, answer)


def try_here(
    open_: Callable[[Any], Any],
    models: FeatureModels | HeadModels,
    sleep: Callable[[float], bool] = lambda seconds: bool(time.sleep(seconds)),
) -> Trial:
    """Open a provider in this process, compare it with the CPU and measure both.

    Raises:
        ProviderUnavailable: it cannot be opened, or is Refused.
        ProviderFailed: it failed on its known answers.
    """
    if isinstance(models, FeatureModels):
        features = open_(models)
        reference = CpuFeatures(models.melspectrogram, models.embedding)
        probe_features(features, reference)
        step, cpu_step = (known_step(backend.stream()) for backend in (features, reference))
        device = features.device
    else:
        heads, cpu = open_(models), CpuHeads(models)
        known = probe_heads(heads, cpu)[-1]
        step, cpu_step = (lambda: heads.scores(known)), (lambda: cpu.scores(known))
        device = heads.device
    mine, its = (calibrate(each, time.perf_counter, time.process_time, sleep) for each in (step, cpu_step))
    return Trial(device, mine, its)


def to_text(models: FeatureModels | HeadModels) -> str:
    """Return models as a child is told of them."""
    if isinstance(models, FeatureModels):
        return json.dumps(asdict(models), default=str)
    return json.dumps({"heads": [_head_text(head) for head in models]})


def _head_text(head: HeadModel) -> list[Any]:
    npu = None if head.npu is None else [[str(sheet) for sheet in head.npu.sheets], head.npu.core]
    return [head.name, str(head.path), head.labels, npu]


def from_text(text: str) -> FeatureModels | HeadModels:
    """Return the models that `to_text` told."""
    said: dict[str, Any] = json.loads(text)
    if "heads" not in said:
        melspectrogram, embedding = Path(said.pop("melspectrogram")), Path(said.pop("embedding"))
        return FeatureModels(melspectrogram, embedding, **said)
    return tuple(
        HeadModel(name, Path(path), tuple(labels), npu and OnNpu(tuple(map(Path, npu[0])), npu[1]))
        for name, path, labels, npu in said["heads"]
    )


if __name__ == "__main__":
    _child(int(sys.argv[1]), sys.argv[2], sys.argv[3])
