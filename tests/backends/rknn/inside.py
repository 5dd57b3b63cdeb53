"""Run on an emulated board: Rockchip's real package above our librknnrt, through every fault it can have."""

import gc
import json
import logging
import os
import sys
import time
from pathlib import Path

import numpy as np

from edged.backends.cpu.heads import HeadModel, OnNpu
from edged.backends.native_call import NativeCall
from edged.backends.rknn import machine
from edged.backends.rknn.heads import open_heads
from edged.backends.rknn.watched import WatchedHeads
from edged.errors import ProviderError

FAULTS = {
    "run": {"FAKE_RUN": "-1"},
    "time-out": {"FAKE_RUN": "-2"},
    "outputs": {"FAKE_OUT": "-1"},
    "stale": {"FAKE_STALE": "1"},
    "nan": {"FAKE_NAN": "1"},
}
OPENING = {
    "old runtime": {"FAKE_INIT": "-6"},
    "locked": {"FAKE_INIT": "-3"},
    "strange": {"FAKE_INIT": "-99"},
    "core": {"FAKE_CORE": "-1"},
}


def why(call) -> str:
    try:
        call()
    except ProviderError as exc:
        return f"{type(exc).__name__}: {exc.reason}"
    return "no error"


def driver() -> str:
    """The emulator finds files below its root, but asks the machine it runs on who may open them."""
    return machine.driver(lambda path, how: True)


def main(folder: Path) -> dict:
    said = {"driver": driver()}
    heads = tuple(
        HeadModel(name, folder / f"{name}.onnx", (), OnNpu((folder / "model.toml",)))
        for name in ("one", "two")
    )
    histories = (np.random.RandomState(0).standard_normal((12, 34, 96)) * 8).astype(np.float32)
    npu = open_heads(heads)
    said["off"] = max(float(np.abs(npu.scores(each) - npu.cpu.scores(each)).max()) for each in histories)
    logging.getLogger().setLevel("INFO")
    said["level"] = logging.getLevelName(30)
    for name, fault in FAULTS.items():
        npu.scores(histories[0])
        os.environ.update(fault)
        said[name] = why(lambda: npu.scores(histories[1]))
        for key in fault:
            del os.environ[key]
    said["again"] = why(lambda: npu.scores(histories[2]))
    gc.collect()
    gc.disable()
    before = len(gc.get_objects())
    for _ in range(10):
        for each in histories:
            npu.scores(each)
    grown = len(gc.get_objects()) - before
    npu.tidy()
    said["cycles"] = [grown, len(gc.get_objects()) - before]
    gc.enable()
    npu.close()
    logging.getLogger().setLevel("INFO")
    said["closed"] = why(lambda: npu.scores(histories[0]))
    for name, fault in OPENING.items():
        os.environ.update(fault)
        said[name] = why(lambda: open_heads(heads))
        for key in fault:
            del os.environ[key]
    said |= late(heads, histories)
    os.environ["LIBRKNNRT_PATH"] = "/nowhere/librknnrt.so"
    said["no library"] = why(driver)
    return said


def late(heads, histories) -> dict:
    """A call that takes half a second on its own thread: the CPU answers meanwhile, and it is let go."""
    call = NativeCall("npu")
    watched = WatchedHeads(call.run(lambda: open_heads(heads), 600.0), call)
    watched.scores(histories[0])  # the first call of a thread is slow on an emulator
    os.environ["FAKE_HANG_MS"] = "1000"
    begun = time.perf_counter()
    off = watched.scores(histories[3]) - watched._inner.cpu.scores(histories[3])
    took = time.perf_counter() - begun
    del os.environ["FAKE_HANG_MS"]
    call.run(lambda: None, 60.0)
    fresh = watched._inner.scores
    return {
        "late": {"off": float(np.abs(off).max()), "took": took},
        "after": why(lambda: call.run(lambda: fresh(histories[4]), 60.0)),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))))
