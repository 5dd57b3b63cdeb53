"""What imports what: one direction, one interface, and every module without any driver installed."""

import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import edged
from tests.daemon import DEMO, config, models

__all__ = ["config", "models"]

ROOT = Path(__file__).parents[1]
DRIVERS = ("onnxruntime", "sherpa_onnx", "soundfile", "sounddevice", "speexdsp_ns")
DRIVERS += ("pyopencl", "rknnlite", "systemd")
ENTRIES = {"edged.__main__", "edged.bench.__main__"}
"""These run instead of being imported."""

WITHOUT = """
import importlib, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""


def without(absent: tuple[str, ...], code: str, *arguments: str):
    """Run code where these packages cannot be imported; return exit code and stderr."""
    program = f"ABSENT = {absent!r}{WITHOUT}{code}"
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


def test_every_contract_of_the_imports_is_kept():
    # in a process of its own: it switches off every logger that there is, and other tests read theirs
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_imports_without_any_driver():
    every = [module.name for module in pkgutil.walk_packages(edged.__path__, "edged.")]
    assert len(every) > 80
    code = "for name in sys.argv[1:]: importlib.import_module(name)\n"
    assert without(DRIVERS, code, *(name for name in every if name not in ENTRIES)) == (0, "")


@pytest.mark.parametrize("driver", DRIVERS)
def test_an_absent_driver_is_really_absent_there(driver):
    code, err = without(DRIVERS, f"import {driver}")
    assert code == 1
    assert f"No module named '{driver}'" in err


@pytest.mark.parametrize("package", ["soundfile", "onnx", "onnxruntime", "sherpa_onnx", "speexdsp_ns"])
def test_a_run_that_needs_an_absent_package_is_one_sentence(config, tmp_path, package):
    absent = f"raise ModuleNotFoundError('No module named {package}', name='{package}')"
    with config.open("a") as more:
        more.write('[denoise]\npath = "recognize"\n' if package == "speexdsp_ns" else "")
    (tmp_path / f"{package}.py").write_text(absent)  # found first, also by the recognizer's process
    command = [
        sys.executable,
        "-m",
        "edged",
        "run",
        "-c",
        config,
        "--source",
        f"wav:{DEMO}",
        "--pace",
        "fast",
    ]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (69, ""), done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("edged: ")
    assert package in done.stderr
