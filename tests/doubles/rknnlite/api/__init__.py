"""Rockchip's `rknnlite.api`, played in process: its answers, its habits and its faults, none of its code.

Behaviour as seen in rknn-toolkit-lite2 2.5.0: everything is logged and `-1` or None returned, nothing raised;
`inference` does not look at what `rknn_run` returned; axes are counted, not compared; each inference leaves a
reference cycle; importing the package, and again each object, takes the logging levels' names away.

A file is what tests/backends/rknn/artifacts.py writes: the header of an .rknn around an ONNX graph, which
onnxruntime computes from inputs rounded to fp16.
"""

import logging
import os
import signal
import time
from collections import OrderedDict
from pathlib import Path

import numpy as np


def _rename_levels():
    """What the package does to Python's logging, at import and with each object."""
    logging._levelToName = {}
    logging._nameToLevel = {}
    for number, name in ((10, "D"), (20, "I"), (30, "W"), (40, "E"), (50, "C")):
        logging.addLevelName(number, name)


_rename_levels()

_log = logging.getLogger("acuityLogger")
_log.propagate = False
_log.setLevel(10)

HEADER = 64


class Faults:
    """What goes wrong; set by tests, or for a child by EDGED_DOUBLE_RKNN="name=value,name=value"."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.load = 0
        """-1: the file cannot be read."""
        self.init = 0
        """Code of rknn_init."""
        self.core = 0
        """Code of rknn_set_core_mask."""
        self.abort = ""
        """`init` or `run`: the C library ends the process there."""
        self.run = 0
        """Code of rknn_run; the outputs are those of the call before."""
        self.outputs = 0
        """Code of rknn_outputs_get."""
        self.stale = False
        """Success, and the outputs of the call before."""
        self.constant = False
        """Every score the same, and the canary right: only a probe can tell."""
        self.frozen = False
        """Every number the same."""
        self.nan = False
        self.gain = 1.0
        """Factor of every score, as an operator has that computes wrongly; the canary is right."""
        self.offset = 0.0
        """Added to every score; the canary is right."""
        self.noise = 0.0
        """Of fp16, added to scores: +-."""
        self.hang = None
        """Called by rknn_run, and does not return."""
        self.seconds = 0.0
        """What rknn_run takes; spent through `spend`."""
        self.spend = time.sleep
        for part in os.environ.get("EDGED_DOUBLE_RKNN", "").split(","):
            if part:
                name, _, value = part.partition("=")
                kind = type(getattr(self, name))
                setattr(self, name, bool(int(value)) if kind is bool else kind(value))


FAULTS = Faults()
OPENED = []
"""Core mask of every graph that was opened, in order."""
RELEASED = []


class _Log:
    @staticmethod
    def e(text):
        _log.error(text)

    @staticmethod
    def w(text):
        _log.warning(text)


class _Runtime:
    """What `RKNNLite.rknn_runtime` is."""

    def __init__(self):
        self.session = None
        self.inputs = None
        self.row = None
        self.calls = 0
        self.last = None

    def build_graph(self, data):
        if FAULTS.abort == "init":
            os.kill(os.getpid(), signal.SIGABRT)
        if FAULTS.init:
            raise RuntimeError(f"RKNN init failed. error code: {_name(FAULTS.init)}")
        import onnxruntime

        size = int.from_bytes(data[16:24], "little")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = bytes(data[HEADER : HEADER + size])
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def set_inputs(self, inputs, *_, **__):
        if isinstance(inputs, np.ndarray):
            inputs = [inputs]
        taken = self.session.get_inputs()
        self.inputs = {}
        for index, (given, wanted) in enumerate(zip(inputs, taken, strict=True)):
            if given.dtype == np.float64:
                raise RuntimeError(f"E Unsupport inputs[{index}].dtype: float64")
            if given.ndim != len(wanted.shape):
                raise RuntimeError(
                    f"The input[{index}] need {len(wanted.shape)}dims input, "
                    f"but {given.ndim}dims input buffer feed."
                )
            if given.size != np.prod(wanted.shape):
                raise RuntimeError("Set inputs failed. error code: RKNN_ERR_INPUT_INVALID")
            half = given.reshape(wanted.shape).astype(np.float16)
            self.inputs[wanted.name] = half.astype(np.float32)
        return 0

    def run(self, get_frame_id=False):
        self.calls += 1
        if FAULTS.abort == "run":
            os.kill(os.getpid(), signal.SIGABRT)
        if FAULTS.hang is not None:
            FAULTS.hang()
        if FAULTS.seconds:
            FAULTS.spend(FAULTS.seconds)
        if FAULTS.run == 0 and not (FAULTS.stale and self.row is not None):
            self.row = self.session.run(["scores"], self.inputs)[0]
        return (FAULTS.run, self.calls) if get_frame_id else FAULTS.run

    def get_outputs(self, get_frame_id=False, **_):
        if FAULTS.outputs:
            raise RuntimeError(f"E Get outputs failed, error code: {_name(FAULTS.outputs)}")
        row = np.zeros_like(self.row) if self.row is None else self.row.copy()
        scores = row[:, :-1]  # the last one is the canary
        if FAULTS.constant:
            scores[:] = 0.125
        if FAULTS.frozen:
            row[:] = 0.125
        scores *= np.float32(FAULTS.gain)
        scores += np.float32(FAULTS.offset)
        if FAULTS.noise:
            sign = 1 if self.calls % 2 else -1
            scores[:] = np.clip(scores + np.float32(sign * FAULTS.noise), 0, 1)
        if FAULTS.nan:
            row[:] = np.nan
        cycle = {"outputs": row}
        cycle["self"] = cycle  # as each inference of the package leaves behind
        return [row]

    def get_sdk_version(self):
        return "API: 2.3.2\nDRV: rknn_server 0.9.8", "2.3.2", "0.9.8"

    def release(self):
        self.session = None


class RKNNLite:
    NPU_CORE_AUTO = 0
    NPU_CORE_0 = 1
    NPU_CORE_1 = 2
    NPU_CORE_2 = 4
    NPU_CORE_0_1 = 3
    NPU_CORE_0_1_2 = 7
    NPU_CORE_ALL = 0xFFFF

    def __init__(self, verbose=False, verbose_file=None):
        _rename_levels()
        _log.handlers[:] = [logging.StreamHandler()]
        self.rknn_log = _Log
        self.rknn_data = None
        self.rknn_runtime = None

    def load_rknn(self, path, key_path=None):
        if FAULTS.load or not os.path.exists(path):  # noqa: PTH110 - as it does
            _Log.e(f"Invalid RKNN model path: {path}")
            return -1
        self.rknn_data = Path(path).read_bytes()
        return 0

    def init_runtime(self, target=None, device_id=None, async_mode=False, core_mask=0):
        if self.rknn_data is None:
            _Log.e("Model is not loaded yet, this interface should be called after load_rknn!")
            return -1
        if target is not None:
            _caught("init runtime", RuntimeError("Unsupported run platform: Linux aarch64"))
            return -1
        self.rknn_runtime = _Runtime()
        try:
            self.rknn_runtime.build_graph(self.rknn_data)
        except Exception as exc:  # noqa: BLE001 - as it does
            _caught("init runtime", exc)
            return -1
        OPENED.append(core_mask)
        if core_mask in (5, 6):
            _Log.e(f"The core mode {core_mask} is not supported currently.")
            return -1
        if FAULTS.core:
            _Log.e("Catch exception when set npu core mode.")
            return -1
        return 0

    def inference(self, inputs, data_type=None, data_format=None, inputs_pass_through=None, get_frame_id=False, reuse_outputs=False):  # fmt: skip  # noqa: E501
        if self.rknn_runtime is None:
            _Log.e("Runtime environment is not inited, please call init_runtime to init it first!")
            return None
        try:
            self.rknn_runtime.set_inputs(inputs, data_type, data_format, inputs_pass_through)
        except Exception as exc:  # noqa: BLE001 - as it does
            _caught("setting inputs", exc)
            return None
        self.rknn_runtime.run(get_frame_id)  # and nobody looks at what it returns
        try:
            return self.rknn_runtime.get_outputs(get_frame_id)
        except Exception as exc:  # noqa: BLE001 - as it does
            _caught("getting outputs", exc)
            return None

    def get_sdk_version(self):
        return None if self.rknn_runtime is None else self.rknn_runtime.get_sdk_version()[0]

    def list_support_target_platform(self, path=None):
        return OrderedDict(support_target_platform=["RK3588"])

    def release(self):
        if self.rknn_runtime is not None:
            self.rknn_runtime.release()
            self.rknn_runtime = None
            RELEASED.append(self)


def _caught(doing, exc):
    _Log.e(f"Catch exception when {doing}!")
    _Log.e(f'Traceback (most recent call last):\n  File "rknn_lite.py", line 1\nException: {exc}\n')


_NAMES = {
    -1: "FAIL",
    -2: "TIMEOUT",
    -3: "DEVICE_UNAVAILABLE",
    -6: "MODEL_INVALID",
    -13: "TARGET_PLATFORM_UNMATCH",
}


def _name(code):
    return f"RKNN_ERR_{_NAMES[code]}" if code in _NAMES else str(code)
