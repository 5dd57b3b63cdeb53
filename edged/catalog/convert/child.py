"""Runs in the compiler's own environment, as a file: compiles one graph and computes known answers with it.

Called as `python child.py FD JOB.json` in an empty folder. It knows nothing of edged, whose libraries that
environment has not. What happens is written to the descriptor, a JSON object a line; what the compiler
prints goes where its caller sends it.
"""

import importlib
import importlib.abc
import importlib.machinery
import json
import os
import resource
import sys
import types
from pathlib import Path
from typing import Any

TEXT = 4000
"""Characters of an exception's text that are passed on, its end: there compilers say what they mean."""


class _Torch(types.ModuleType):
    """Whatever is asked of it is an empty class: the compiler names two of torch's while it is imported."""

    __version__ = "2.4.0"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []  # what makes a module a package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (_Nothing,), {})


class _Nothing:
    def __init__(self, *_: object, **__: object) -> None: ...

    def __call__(self, function: Any = None, *_: object, **__: object) -> Any:
        """Decorate nothing."""
        return function


class _NoTorch(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers `import torch`, which fp16 and plain int8 do not need, so that nobody downloads it."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> Any:
        if fullname == "torch" or fullname.startswith("torch."):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Torch(spec.name)

    def exec_module(self, module: types.ModuleType) -> None: ...


def main(descriptor: int, job_file: Path) -> None:
    """Do a job; say each step before it begins, then `done` or `error`."""
    job: dict[str, Any] = json.loads(job_file.read_text())
    resource.setrlimit(resource.RLIMIT_AS, (job["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.meta_path.insert(0, _NoTorch())
    with os.fdopen(descriptor, "w", buffering=1) as parent:

        def say(**what: object) -> None:
            parent.write(json.dumps(what) + "\n")

        try:
            _work(job, say)
        except MemoryError:
            say(error="memory")
        except Exception as exc:  # noqa: BLE001 - the compiler raises what it likes
            say(error="raised", text=f"{type(exc).__name__}: {exc}"[-TEXT:])
        except SystemExit as exc:  # it also likes to leave
            say(error="raised", text=f"the compiler leaves with status {exc.code}")
        else:
            say(done=True)


def _work(job: dict[str, Any], say: Any) -> None:
    import numpy as np

    say(step="start")
    library: Any = importlib.import_module("rknn.api")
    rknn = library.RKNN(verbose=True)
    _checked("config", rknn.config(target_platform=job["target"], **job["config"]))
    say(step="load")
    _checked("load_onnx", rknn.load_onnx(model=job["model"]))
    say(step="build")
    int8 = job["dataset"] is not None
    _checked("build", rknn.build(do_quantization=int8, dataset=job["dataset"]))
    say(step="export")
    _checked("export_rknn", rknn.export_rknn(job["out"]))
    _checked("init_runtime", rknn.init_runtime())
    with np.load(job["inputs"]) as stored:
        inputs = [stored[name].astype(np.float32) for name in job["input_names"]]
    answers: list[list[Any]] = []
    count = len(inputs[0])
    for index in range(count):
        if index % 50 == 0:
            say(step="simulate", at=index, of=count)
        answer = rknn.inference(
            inputs=[each[index : index + 1] for each in inputs], data_format=["nchw"] * len(inputs)
        )
        if answer is None:
            raise RuntimeError("the simulator gives no answer")
        answers.append([np.asarray(each, np.float32) for each in answer])
    names = job["output_names"]
    stacked = {name: np.concatenate([each[i] for each in answers]) for i, name in enumerate(names)}
    save: Any = np.savez  # its stubs take every name for an option
    save(job["answers"], **stacked)
    rknn.release()


def _checked(step: str, status: object) -> None:
    if status != 0:
        raise RuntimeError(f"{step} answers {status}")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
