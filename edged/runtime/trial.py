"""Whether a model opens and answers, tried in a process of its own: a damaged one may end or hang it."""

import subprocess
import sys
from pathlib import Path

from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.cpu.vad import CpuVad
from edged.catalog.manifest import Model
from edged.errors import EdgedError, ModelError
from edged.stages.recognize.channel import child_environment

LIMIT_S = 60.0
"""Seconds a model may take; the slowest known needs less than one on the board."""
REFUSED = 65


def try_model(model: Model, limit_s: float = LIMIT_S) -> None:
    """Open a head or a detector once and let it answer; other kinds are tried when the daemon starts.

    Raises:
        ModelError: it does not open, does not answer, dies or hangs.
    """
    if model.kind not in ("head", "vad"):
        return
    path = model.files["model"].path
    command = [sys.executable, "-P", "-m", "edged.runtime.trial", model.kind, model.name, str(path)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # onnxruntime's own lines, hundreds for a damaged file
            timeout=limit_s,
            env=child_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise ModelError(f"{model.name}: gave no answer in {limit_s:g} s, so it was not taken") from exc
    if done.returncode == REFUSED:
        said = " ".join(done.stdout.decode(errors="replace").split()).replace(str(path), path.name)
        raise ModelError(f"{model.name}: does not run: {said}; get it again, or from its maker")
    if done.returncode != 0:
        raise ModelError(
            f"{model.name}: ends the process that opens it (status {done.returncode}); get it again"
        )


def _child(kind: str, name: str, path: Path) -> int:
    try:
        if kind == "head":
            CpuHeads([HeadModel(name, path)]).close()  # it answers once when it is opened
        else:
            CpuVad(path).close()  # and so does this
    except EdgedError as exc:
        sys.stdout.write(str(exc))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_child(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
