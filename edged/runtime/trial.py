"""Whether a model opens and answers, tried in a process of its own: a damaged one may end or hang it."""

import os
import sys
from pathlib import Path

from edged.backends.child import run_child
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.cpu.vad import CpuVad
from edged.catalog.manifest import Model
from edged.errors import EdgedError, ModelError

LIMIT_S = 60.0
"""Seconds a model may take; the slowest known needs less than one on the board."""

LONGEST = 4000
"""Characters of a reason that are told."""


def try_model(model: Model, limit_s: float = LIMIT_S) -> None:
    """Open a head or a detector once and let it answer; other kinds are tried when the daemon starts.

    Raises:
        ModelError: it does not open, does not answer, dies or hangs.
    """
    if model.kind not in ("head", "vad"):
        return
    path = model.files["model"].path
    ended = run_child("edged.runtime.trial", [model.kind, model.name, str(path)], limit_s)
    if ended.status is None:
        raise ModelError(f"{model.name}: gave no answer in {limit_s:g} s, so it was not taken")
    if ended.status != 0:
        raise ModelError(f"{model.name}: the process that opens it {ended.how}; get it again")
    if ended.answer:
        said = " ".join(ended.answer.decode(errors="replace").split()).replace(str(path), path.name)
        raise ModelError(f"{model.name}: does not run: {said}; get it again, or from its maker")


def _child(answer: int, kind: str, name: str, path: Path) -> None:
    try:
        if kind == "head":
            CpuHeads([HeadModel(name, path)]).close()  # it answers once when it is opened
        else:
            CpuVad(path).close()  # and so does this
    except EdgedError as exc:
        with os.fdopen(answer, "w") as parent:
            parent.write(str(exc)[:LONGEST])


if __name__ == "__main__":
    _child(int(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
