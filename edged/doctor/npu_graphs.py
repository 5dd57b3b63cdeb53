"""What was compiled for the NPU: whether this board can run it, and which heads of the configuration have it.

Told from the files: nothing is opened, no driver is asked.
"""

from collections.abc import Iterator

from edged.backends.rknn.choose import usable
from edged.backends.rknn.errors import NpuModelRejected
from edged.backends.rknn.header import check_artifact
from edged.catalog.read import read_model
from edged.catalog.search import find
from edged.catalog.verify import sha256_of
from edged.doctor.case import Case
from edged.doctor.finding import Finding
from edged.errors import ModelError
from edged.runtime.compiled import installed

NAME = "npu"
CONVERT = "edged models convert"


def compiled(case: Case) -> Iterator[Finding]:
    """Yield what is said of each compiled model and of each head; nothing where none is installed."""
    sheets = tuple(installed(case.config.models.dir))
    good: set[str] = set()
    for sheet in sheets:
        try:
            artifacts = read_model(sheet.sheet.parent).artifacts
        except ModelError as exc:
            yield Finding(NAME, "degraded", str(exc), CONVERT)
            continue
        for artifact in artifacts:
            names = ", ".join(head.name for head in artifact.heads)
            try:
                if not usable(artifact):
                    raise NpuModelRejected(f"{artifact.file.path}: for {artifact.target}, {artifact.stage}")
                check_artifact(artifact)
            except NpuModelRejected as exc:
                yield Finding(NAME, "degraded", f"{names}: {exc.reason}", CONVERT)
                continue
            good |= {head.sha256 for head in artifact.heads}
            what = f"{artifact.precision}, {artifact.layernorm}, made by toolkit {artifact.toolkit}"
            yield Finding(NAME, "good", f"{artifact.file.path}: {names} ({what})")
    if sheets:
        yield from _heads(case, good)


def _heads(case: Case, good: set[str]) -> Iterator[Finding]:
    """Yield the heads that stay on the CPU for want of a graph; a model that is missing is told elsewhere."""
    for name in dict.fromkeys(word.model or word.name for word in case.config.heads.word):
        try:
            head = find(name, "head", case.config.models.dir)
            digest = sha256_of(head.files["model"].path)
        except (ModelError, OSError):
            continue
        if digest not in good:
            what = f"{name}: no compiled graph holds it, so it stays on the CPU"
            if case.config.heads.backend == "rknn":
                yield Finding(NAME, "degraded", what, CONVERT)
            else:
                yield Finding(NAME, "good", what)
