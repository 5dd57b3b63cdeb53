"""Whether a compiled file is what its model.toml says, told without waking the NPU.

`load_rknn` of Rockchip's package returns success for any file at all, and `rknn_init` calls a file for
another chip, one that is cut short and one that is too new by the same error.
"""

from pathlib import Path

from edged.backends.rknn.errors import NpuModelRejected
from edged.catalog.artifact import Artifact
from edged.catalog.sniff.pages import Malformed, Pages
from edged.catalog.sniff.rknn import BOARD, MAGIC, Rknn, Tensor, read_rknn
from edged.geometry import EMBEDDING

FORMAT = 6
"""Version of the file format that librknnrt 2 takes; older files are refused by it, too."""

AGAIN = "convert the heads again: edged models convert"


def check_header(path: Path) -> Rknn:
    """Return what a file says of itself; it is whole, for this chip and of the format of today.

    Raises:
        NpuModelRejected: it is not.
    """
    try:
        with path.open("rb") as file:
            pages = Pages(file, path.stat().st_size)
            if pages.head(len(MAGIC)) != MAGIC:
                raise NpuModelRejected(f"{path}: is no RKNN file; {AGAIN}")
            facts = read_rknn(pages)
    except OSError as exc:
        raise NpuModelRejected(f"{path}: {exc.strerror or exc}") from exc
    except Malformed as exc:
        raise NpuModelRejected(f"{path}: damaged ({exc}); {AGAIN}") from exc
    if BOARD not in facts.targets:
        chips = ", ".join(facts.targets) or "no chip"
        raise NpuModelRejected(f"{path}: made for {chips}, not for {BOARD}; {AGAIN}")
    if facts.form != FORMAT:
        said = f"{path}: of format {facts.form}, made by toolkit {facts.toolkit}; format {FORMAT} is needed"
        raise NpuModelRejected(f"{said}; {AGAIN}")
    return facts


def check_artifact(artifact: Artifact) -> None:
    """Compare a compiled file's inputs and outputs with what its model.toml promises.

    Raises:
        NpuModelRejected: they differ, or see `check_header`.
    """
    path, facts = artifact.file.path, check_header(artifact.file.path)
    taken = (Tensor("feats", (1, artifact.window, EMBEDDING)),)
    answered = (Tensor("scores", (1, len(artifact.columns))),)
    for what, found, wanted in (("takes", facts.inputs, taken), ("answers", facts.outputs, answered)):
        if found and _shapes(found) != _shapes(wanted):
            said = f"{path}: {what} {_text(found)}, its model.toml says {_text(wanted)}"
            raise NpuModelRejected(f"{said}; {AGAIN}")


def _shapes(tensors: tuple[Tensor, ...]) -> tuple[tuple[int, ...], ...]:
    return tuple(tensor.shape for tensor in tensors)


def _text(tensors: tuple[Tensor, ...]) -> str:
    return ", ".join(f"{tensor.name} {tensor.shape}" for tensor in tensors)
