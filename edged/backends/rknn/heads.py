"""Wake-word heads on the NPU: a HeadBackend made of compiled graphs, and nothing that forgives.

It fails where anything is wrong. What answers in its place, and for how long, is decided by watched.py and
the chain.
"""

import gc
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from edged.backends.backend import Floats
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.rknn.choose import choose, usable
from edged.backends.rknn.errors import (
    PROVIDER,
    NpuDisagrees,
    NpuInitFailed,
    NpuModelRejected,
    NpuProbeMismatch,
)
from edged.backends.rknn.graph import Graph
from edged.catalog.artifact import Artifact
from edged.catalog.read import read_model
from edged.catalog.verify import sha256_of
from edged.errors import EdgedError, ModelError, ProviderFailed
from edged.geometry import EMBEDDING, HISTORY


class RknnHeads:
    """Used by the thread that made it, and by no other."""

    provider = PROVIDER

    def __init__(self, models: Sequence[HeadModel], artifacts: Sequence[Artifact], core: int) -> None:
        """Open what serves these heads on one core, 0 to 2.

        A graph that is refused or proves wrong is replaced by the next that holds the same heads.

        Raises:
            NpuModelRejected, NpuInitFailed, NpuProbeMismatch: of the last graph that was tried.
            NpuPythonMissing: rknn-toolkit-lite2 cannot be imported.
            ModelError, ProviderUnavailable: the CPU cannot open a head.
        """
        self.cpu = CpuHeads(models)
        self.columns, self.windows = self.cpu.columns, self.cpu.windows
        self.device = f"npu core {core}"
        self._of = [sha256_of(model.path) for model in models]
        self._graphs: list[Graph] = []
        self._checks = 0
        self._doubt: str | None = None
        try:
            self._open([artifact for artifact in artifacts if usable(artifact)], core)
        except BaseException:
            self.close()
            raise
        self.precision = "+".join(dict.fromkeys(graph.artifact.precision for graph in self._graphs))

    def scores(self, history: Floats) -> Floats:
        if history.shape != (HISTORY, EMBEDDING):
            raise ProviderFailed(PROVIDER, f"expected ({HISTORY}, {EMBEDDING}), got {history.shape}")
        if not self._graphs:
            raise ProviderFailed(PROVIDER, "the heads were closed")
        if self._doubt is not None:
            raise NpuDisagrees(self._doubt)
        answers: dict[str, Floats] = {}
        for graph in self._graphs:
            answers.update(graph.artifact.score(graph.run(history)))
        outputs = np.concatenate([answers[head] for head in self._of])
        return outputs[self.cpu.picked]

    def recheck(self) -> None:
        """Have the next graph compute some of its stored windows again: silence proves little.

        Where it is wrong now, every later call for scores fails.
        """
        if not self._graphs:
            return
        graph = self._graphs[self._checks % len(self._graphs)]
        self._checks += 1
        try:
            graph.prove_some()
        except NpuProbeMismatch as exc:
            self._doubt = exc.reason

    def tidy(self) -> None:
        """Collect the cycles that each inference leaves behind in Rockchip's package."""
        gc.collect(1)

    def close(self) -> None:
        for graph in self._graphs:
            graph.close()
        self._graphs = []
        self.cpu.close()

    def _open(self, artifacts: list[Artifact], core: int) -> None:
        left, why = set(self._of), None
        while left:
            artifact = choose(artifacts, left)
            if artifact is None:
                raise why or NpuModelRejected(_lacking(left, self._of, self.columns))
            artifacts.remove(artifact)
            try:
                self._graphs.append(Graph(artifact, core))
            except (NpuModelRejected, NpuInitFailed, NpuProbeMismatch) as exc:
                why = exc
                continue
            left -= {head.sha256 for head in artifact.heads}


def _lacking(left: Iterable[str], of: Sequence[str], columns: Sequence[str]) -> str:
    names = ", ".join(sorted({columns[of.index(head)] for head in left if of.index(head) < len(columns)}))
    return f"no compiled graph holds {names}: edged models convert makes one"


def open_heads(models: Sequence[HeadModel]) -> RknnHeads:
    """Open heads with what was compiled for them, as `HeadModel.npu` says.

    Raises:
        ProviderUnavailable, ModelError: see `RknnHeads`.
    """
    artifacts: list[Artifact] = []
    sheets = dict.fromkeys(sheet for model in models if model.npu for sheet in model.npu.sheets)
    why: EdgedError | None = None
    for sheet in sheets:
        try:
            artifacts += read_model(Path(sheet).parent).artifacts
        except ModelError as exc:
            why = exc
    if not artifacts:
        raise NpuModelRejected(str(why) if why else "no compiled graph: edged models convert makes one")
    return RknnHeads(models, artifacts, next(model.npu.core for model in models if model.npu))
