"""Stands for rknn-toolkit2 2.5.0: its calls and faults; its answers are onnxruntime's, rounded to fp16.

Faults are asked for by $EDGED_TEST_FAULT: a step (`build`), a colon, and what happens at it.
"""

import os
import signal
import sys
import time

import numpy as np
import onnx
import onnxruntime

TABLE = """\
D RKNN: [01:24:06.576] ID   OpType             DataType Target InputShape          OutputShape         Cycles
D RKNN: [01:24:06.576] -------------------------------------------------------------------------------------
D RKNN: [01:24:06.576] 0    InputOperator      FLOAT16  CPU    \\                   (1,16,96)
D RKNN: [01:24:06.576] 1    Reshape            FLOAT16  NPU    (1,16,96),(4)       (1,1536,1,1)
D RKNN: [01:24:06.576] 2    Conv               FLOAT16  NPU    (1,1536,1,1)        (1,1,1,1)           261/7
{more}D RKNN: [01:24:06.576] 9    OutputOperator     FLOAT16  CPU    (1,2)               \\
D RKNN: [01:24:06.594] <<<<<<<< end: rknn::RKNNMemStatisticsPass
"""
DIV = "D RKNN: [01:24:06.576] 3    Div                FLOAT16  CPU    (1,128,1,1)         (1,128,1,1)\n"


def _fault(step):
    at, _, what = os.environ.get("EDGED_TEST_FAULT", "").partition(":")
    if at != step:
        return None
    match what.split():
        case ["segfault"]:
            os.kill(os.getpid(), signal.SIGSEGV)
        case ["hang"]:
            time.sleep(600)
        case ["memory"]:
            raise MemoryError
        case ["bad_alloc"]:
            sys.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n")
            sys.stderr.flush()
            os.abort()
        case ["much"]:
            return bytes(64 << 30)
        case ["leave"]:
            sys.exit(3)
        case ["raise", *words]:
            raise ValueError('Traceback (most recent call last):\n  File "x.py"\n' + " ".join(words))
        case ["answer", number]:
            return int(number)
    return what


class RKNN:
    def __init__(self, verbose=False):
        import torch.nn  # as the real one, for two names

        assert torch.nn.Module is not None

    def config(self, target_platform, custom_string, disable_rules=()):
        self._rules = disable_rules
        assert target_platform == "rk3588"
        return _answer("config")

    def load_onnx(self, model):
        self._model = onnx.load(model)
        return _answer("load")

    def build(self, do_quantization, dataset=None):
        fault = _fault("build")
        if fault == "split" and not self._rules:
            raise ValueError("TypeError: 'split' object is not iterable")
        if do_quantization and dataset is None:
            return -1
        kinds = [node.op_type for node in self._model.graph.node]
        if "Where" in kinds:  # as the real one, where it chooses between two numbers
            os.kill(os.getpid(), signal.SIGSEGV)
        sys.stderr.write(TABLE.format(more=DIV if "Sqrt" in kinds and "MatMul" in kinds else ""))
        return fault if isinstance(fault, int) else 0

    def export_rknn(self, path):
        if _fault("export") != "nothing":
            with open(path, "wb") as file:  # noqa: PTH123
                file.write(b"RKNN" + os.urandom(60))  # not the same twice, as the real one's
        return 0

    def init_runtime(self):
        self._session = onnxruntime.InferenceSession(self._model.SerializeToString())
        return _answer("init_runtime")

    def inference(self, inputs, data_format):
        names = [each.name for each in self._session.get_inputs()]
        halves = [each.astype(np.float16).astype(np.float32) for each in inputs]
        outputs = self._session.run(None, dict(zip(names, halves, strict=True)))
        rounded = [each.astype(np.float16).astype(np.float32) for each in outputs]
        what = str(_fault("simulate") or "").split()
        if what == ["none"]:
            return None
        if what == ["nan"]:
            rounded[0][0, 0] = np.nan
        kinds = {node.op_type for node in self._model.graph.node}
        if what[:1] == ["plain"] and "ReduceMean" in kinds:  # `plain COLUMN AMOUNT`: LayerNorm goes wrong
            rounded[0][0, int(what[1])] += float(what[2])
        if what[:1] == ["off"] and rounded[0].shape[1] == int(what[3]):
            # `off COLUMN AMOUNT WIDTH`: in graphs of so many columns one is wrong by so much
            rounded[0][0, int(what[1])] += float(what[2])
        return rounded

    def release(self):
        pass


def _answer(step):
    found = _fault(step)
    return found if isinstance(found, int) else 0
