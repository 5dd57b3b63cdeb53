"""Versions of what edged stands on, where they are known to matter."""

import sys
from collections.abc import Iterator
from ctypes.util import find_library
from importlib.metadata import PackageNotFoundError, version

from edged.doctor.case import Case
from edged.doctor.finding import Finding
from edged.stages.recognize.accelerated import built_for_npu

NAME = "software"

NEEDED = {"numpy": None, "onnxruntime": None, "sherpa-onnx": "2.0.1", "soxr": None, "soundfile": None}
"""Package to the only version that is known to work; None: any that pip let in.

sherpa-onnx 2.0.0 and 2.0.1 compute other features from the same sound, so the number is exact."""

AGAIN = "install edged again with all that it needs"


def check(case: Case) -> Iterator[Finding]:
    """Say what is missing or of a version that is known to be wrong."""
    there: list[str] = [f"Python {sys.version_info[0]}.{sys.version_info[1]}"]
    for package, only in NEEDED.items():
        try:
            here = version(package)
        except PackageNotFoundError:
            yield Finding(NAME, "broken", f"the Python package {package} is missing", AGAIN)
            continue
        if only is not None and here != only:
            yield Finding(NAME, "degraded", f"{package} is {here}, and edged was made for {only}", AGAIN)
        there.append(f"{package} {here}")
    yield Finding(NAME, "good", ", ".join(there))
    yield _accelerated(case.config.recognize.accelerated)
    if find_library("portaudio") is None:
        what = "PortAudio is missing: microphones are opened through arecord alone"
        yield Finding(NAME, "degraded", what, case.distribution.install("portaudio"))


def _accelerated(asked: str) -> Finding:
    """Say whether recognizers can run on the NPU: what is amiss only where one is asked for."""
    why = built_for_npu()
    if why is None:
        return Finding(NAME, "good", "recognizers can run on the NPU: sherpa-onnx is built for RKNN")
    what = f"recognizers run on the CPU: {why}"
    if not asked:
        return Finding(NAME, "good", what)
    remedy = "install such a build, or leave [recognize] accelerated empty"
    return Finding(NAME, "degraded", f"{asked} is not asked: {what}", remedy)
