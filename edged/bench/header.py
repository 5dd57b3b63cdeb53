"""What was measured on, and with what: without it a number means nothing on another machine.

Every key is always there; null is what this machine does not tell.
"""

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import edged
from edged.backends.backend import Pcm
from edged.bench import machine
from edged.catalog.manifest import Model
from edged.catalog.verify import sha256_of
from edged.geometry import SAMPLE_RATE

PACKAGES = (
    "numpy",
    "onnx",
    "onnxruntime",
    "sherpa-onnx",
    "soxr",
    "soundfile",
    "speexdsp-ns",
    "pyopencl",
    "pocl-binary-distribution",
    "rknn-toolkit-lite2",
)
"""Whose versions change what is computed, or how fast."""

KEYS = (
    *("date", "edged", "board", "soc", "architecture", "kernel", "distribution", "cpu", "gpu", "npu"),
    *("memory_mb", "power_sensor", "versions", "models", "recordings", "before", "after"),
)
"""Of every header, in this order."""


def header(
    models: Iterable[Model] = (), recordings: Iterable[tuple[str, Pcm]] = (), power_sensor: str | None = None
) -> dict[str, Any]:
    """Return what is known of the machine, the models and the recordings; `closed` adds the end.

    Args:
        models: that are measured.
        recordings: name, and the sound as it was heard.
        power_sensor: path of the meter of the whole board.
    """
    said = {
        "date": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "edged": {"version": edged.__version__, "git": _git()},
        **machine.known(),
        "power_sensor": power_sensor,
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "models": [_model(model) for model in models],
        "recordings": [_recording(name, pcm) for name, pcm in recordings],
        "before": machine.moment(),
        "after": None,
    }
    return {key: said[key] for key in KEYS}


def closed(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a header with the state of the machine after the measurement."""
    return {**said, "after": machine.moment()}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git() -> str | None:
    """Return the commit of a source tree, `-dirty` where files differ; None for an installed wheel."""
    root = Path(edged.__file__).parents[1]
    if not (root / ".git").exists():
        return None
    asked = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"]
    surroundings = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            asked, capture_output=True, text=True, timeout=10, check=False, env=surroundings
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _model(model: Model) -> dict[str, Any]:
    """The hash of what is on the disk now, not the one that the manifest promises."""
    files = {role: sha256_of(file.path) for role, file in model.files.items()}
    return {"name": model.name, "kind": model.kind, "version": model.version or None, "sha256": files}


def _recording(name: str, pcm: Pcm) -> dict[str, Any]:
    """The hash is of the samples as they are heard: int16, little endian, mono, 16 kHz."""
    seconds = round(len(pcm) / SAMPLE_RATE, 3)
    digest = hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest()
    return {"file": name, "seconds": seconds, "sha256_of_samples": digest}
