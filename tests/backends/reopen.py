"""A process that opens and closes one backend again and again, and says what it holds after each time."""

import importlib
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads
from edged.backends.opencl.designs import Choice
from edged.backends.opencl.features import OpenClFeatures
from edged.backends.owned import OwnedFeatures, OwnedHeads, Owner
from edged.backends.rknn.heads import open_heads
from edged.geometry import EMBEDDING, HISTORY, STEP_SAMPLES
from tests import pocl
from tests.backends.rknn.artifacts import head, heads_on_npu
from tests.backends.rknn.endure import in_use
from tests.oww_models import model

FEATURES = ("melspectrogram.onnx", "embedding_model.onnx")


def features(backend) -> None:
    backend.stream().step(np.zeros(STEP_SAMPLES, np.int16), True)
    backend.close()


def heads(backend) -> None:
    backend.scores(np.zeros((HISTORY, EMBEDDING), np.float32))
    backend.close()


def kinds(sheet: Path) -> dict[str, Callable[[], None]]:
    """Kind to what opens one, asks it once and closes it."""
    paths = [model(name) for name in FEATURES]
    gpu = Owner(
        "gpu",
        lambda: OpenClFeatures(*paths, pocl.device(), choice=Choice("single", 4, "cpu")),
        OwnedFeatures,
    )
    npu = Owner("npu", lambda: open_heads(heads_on_npu(sheet, ("alexa",))), OwnedHeads)
    return {
        "cpu features": lambda: features(CpuFeatures(*paths)),
        "cpu heads": lambda: heads(CpuHeads([head("alexa"), head("timer")])),
        "opencl features": lambda: features(gpu.open()),
        "rknn heads": lambda: released(npu.open()),
    }


def released(backend) -> None:
    """The double keeps every graph that was given back, for tests to count: here the one that was opened."""
    given_back = importlib.import_module("rknnlite.api").RELEASED
    heads(backend)
    assert len(given_back) == 1
    given_back.clear()


def held() -> tuple[int, int, int]:
    """Open files, threads of the process, bytes in use."""
    files, threads = (len(list(Path(f"/proc/self/{each}").iterdir())) for each in ("fd", "task"))
    return files, threads, in_use()


def main(kind: str, sheet: str, times: int) -> None:
    once = kinds(Path(sheet))[kind]
    seen = []
    for _ in range(times):
        once()
        for thread in threading.enumerate():
            if thread.name in ("gpu", "npu"):
                thread.join()
        seen.append(held())
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
