"""Starts edged as a user does, with models from the test data, and reads what it says."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.assets import asset

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "demo" / "hey-jarvis-turn-on-the-kitchen-light.wav"
TEXT = "turn on the kitchen light"

ONE_FILE_MODELS = {
    "melspectrogram": ("melspectrogram", "wake/features/melspectrogram.onnx"),
    "embedding": ("embedding", "wake/features/embedding_model.onnx"),
    "hey_jarvis": ("head", "wake/heads/hey_jarvis_v0.1.onnx"),
    "alexa": ("head", "wake/heads/alexa_v0.1.onnx"),
    "timer": ("head", "wake/heads/timer_v0.1.onnx"),
    "silero_vad": ("vad", "vad/silero_vad_16k_op15.onnx"),
}


def install(folder: Path, name: str) -> Path:
    """Put a model of the test data into a models folder, as `models pull` would."""
    kind, path = ONE_FILE_MODELS[name]
    source = asset(path)
    home = folder / name
    home.mkdir(parents=True)
    (home / source.name).write_bytes(source.read_bytes())
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    (home / "model.toml").write_text(
        f'name = "{name}"\nkind = "{kind}"\nversion = "0.1"\nlicence = "CC-BY-NC-SA-4.0"\n'
        f'source = "test data"\ndescription = "for tests"\n[files.model]\npath = "{source.name}"\n'
        f'sha256 = "{digest}"\nbytes = {source.stat().st_size}\n'
    )
    return home


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with everything that the demo needs; the self-test recognizer ships with edged."""
    folder = tmp_path_factory.mktemp("models")
    for name in ONE_FILE_MODELS:
        install(folder, name)
    return folder


@pytest.fixture
def config(models: Path, tmp_path: Path) -> Path:
    """A configuration that finds those models and accepts their licence."""
    return write_config(tmp_path / "edged.toml", models)


def write_config(path: Path, models: Path, more: str = "") -> Path:
    path.write_text(f'[models]\ndir = "{models}"\naccept_licences = ["CC-BY-NC-SA-4.0"]\n{more}')
    return path


def start(*arguments: str | Path, module: str = "edged", path: Path = ROOT, **options) -> subprocess.Popen:
    """Start a command; `path` is searched for packages before edged's own folder."""
    search = os.pathsep.join(map(str, dict.fromkeys((path, ROOT))))
    environment = {**os.environ, "PYTHONPATH": search, "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,
    )


def run(*arguments: str | Path, module: str = "edged", timeout: float = 60, **options):
    """Run to the end; return exit code, stdout, stderr."""
    process = start(*arguments, module=module, **options)
    out, err = process.communicate(timeout=timeout)
    return process.returncode, out, err


def events(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]
