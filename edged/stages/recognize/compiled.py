"""What must hold of a model compiled for the NPU before sherpa-onnx sees it: its graphs are no ONNX."""

import os
from pathlib import Path

from edged.catalog.sniff.pages import Malformed, Pages
from edged.catalog.sniff.rknn import BOARD, MAGIC, read_rknn
from edged.errors import ModelError
from edged.stages.recognize.accelerated import FAMILIES, PROVIDER, built_for_npu
from edged.stages.recognize.forms import Form
from edged.stages.recognize.requests import Load

WINDOW_FRAMES = 150
"""Feature frames that a streaming model may see at once: its file does not tell, and no model has more."""

CORES = range(-4, 2)
"""What sherpa-onnx takes for num_threads there: see `accelerated.CORES`."""


def check_build(load: Load) -> None:
    """Refuse what would end the process: another build of sherpa-onnx, another family.

    Raises:
        ModelError: it would.
    """
    if why := built_for_npu():
        raise ModelError(f"{load.name}: provider {PROVIDER!r}: {why}")
    if load.mode not in FAMILIES.get(load.family, ()):
        raise ModelError(f"{load.name}: {load.mode} {load.family} does not run on the NPU")
    if load.threads not in CORES:
        raise ModelError(f"{load.name}: {load.threads} is no choice of the NPU's cores")


def check_compiled(load: Load, form: Form) -> dict[str, int]:
    """Check the files of the graphs; return the numbers that ONNX metadata would hold.

    Raises:
        ModelError: one is not compiled for this chip.
    """
    for role in form.graphs:
        path = Path(load.files[role])
        try:
            with path.open("rb") as file:
                pages = Pages(file, os.fstat(file.fileno()).st_size)
                if pages.read(0, len(MAGIC)) != MAGIC:
                    raise ModelError(f"{path}: not compiled for an NPU; it is for [recognize] model")
                targets = read_rknn(pages).targets
        except (OSError, Malformed) as exc:
            raise ModelError(f"{path}: cannot be read as an RKNN file ({exc})") from exc
        if BOARD not in targets:
            raise ModelError(f"{path}: compiled for {', '.join(targets)}, not for {BOARD}")
    return {
        "window_size": WINDOW_FRAMES if load.mode == "streaming" else 0,
        "subsampling_factor": form.subsampling_frames,
        "timed": 1,
    }
