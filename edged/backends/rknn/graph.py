"""One compiled graph, opened and proven: embeddings to the scores of its heads."""

import zipfile

import numpy as np

from edged.backends.backend import Floats
from edged.backends.probe import SCORE
from edged.backends.rknn.canary import Watch
from edged.backends.rknn.errors import NpuModelRejected, NpuNonsense, NpuProbeMismatch
from edged.backends.rknn.header import AGAIN, check_artifact
from edged.backends.rknn.lite import LiteGraph
from edged.catalog.artifact import Artifact
from edged.catalog.verify import sha256_of
from edged.errors import ProviderFailed
from edged.geometry import EMBEDDING

AT_ONCE = 8
"""Stored windows computed between two hops: with a millisecond or so each they are done before the next."""

OVER = 0.01
"""How far beyond 0 and 1 fp16 may carry a score."""


class Graph:
    """Used by the thread that made it, and by no other."""

    def __init__(self, artifact: Artifact, core: int) -> None:
        """Check the file, open it and have it compute the windows that were stored with it.

        Raises:
            NpuModelRejected: a file is damaged, or not what model.toml says.
            NpuInitFailed: the driver refuses it.
            NpuProbeMismatch: it computes something else.
            NpuPythonMissing: see `LiteGraph`.
        """
        self.artifact = artifact
        for file in (artifact.file, artifact.probe):
            try:
                same = file.sha256 in (None, sha256_of(file.path))
            except OSError as exc:
                raise NpuModelRejected(f"{file.path}: {exc.strerror or exc}; {AGAIN}") from exc
            if not same:
                raise NpuModelRejected(f"{file.path}: damaged or another file; {AGAIN}")
        check_artifact(artifact)
        self._stored = _stored(artifact)
        self._turn = 0
        self._watch = Watch(artifact.canary, artifact.window)
        self._columns = sum(head.width for head in artifact.heads)
        shape = (1, artifact.window, EMBEDDING)
        self._lite = LiteGraph(artifact.file.path, core, [shape], len(artifact.columns))
        try:
            self.prove()
        except BaseException:
            self.close()
            raise

    def run(self, history: Floats) -> Floats:
        """History (n, 96), newest last, to a row (columns,), the canary left out.

        Raises:
            NpuRunFailed, NpuStale, NpuNonsense: there is no answer that could be believed.
        """
        feats = np.ascontiguousarray(history[None, -self.artifact.window :], np.float32)
        row = self._lite.run(feats)
        self._watch.check(feats, row)
        scores = row[: self._columns]
        if scores.min() < -OVER or scores.max() > 1 + OVER:
            raise NpuNonsense(f"answers {scores[np.argmax(np.abs(scores - 0.5))]:.3g}, no score from 0 to 1")
        return np.clip(scores, 0.0, 1.0, out=scores)

    def prove_some(self) -> None:
        """Compute at most `AT_ONCE` of the stored windows, the others the next times.

        Raises:
            NpuProbeMismatch: see `prove`.
        """
        stride = -(-len(self._stored[0]) // AT_ONCE)
        self._turn += 1
        self.prove(slice(self._turn % stride, None, stride))

    def prove(self, which: slice = slice(None)) -> None:
        """Compute stored windows and compare.

        Raises:
            NpuProbeMismatch: it fails on them, or answers something else.
        """
        windows, expected = (stored[which] for stored in self._stored)
        try:
            found = np.stack([self.run(window) for window in windows])
        except ProviderFailed as exc:
            raise NpuProbeMismatch(f"{self._name}: fails on its stored windows: {exc.reason}") from exc
        answers, wanted = self.artifact.score(found), self.artifact.score(expected)
        for head in self.artifact.heads:
            mine, cpu = answers[head.sha256], wanted[head.sha256]
            if np.ptp(mine, axis=0).max() == 0 and np.ptp(cpu, axis=0).max() > SCORE:
                raise NpuProbeMismatch(f"{self._name}: {head.name} answers the same to every sound")
            off = np.abs(mine - cpu)
            if off.max() > SCORE:
                at = np.unravel_index(int(np.argmax(off)), off.shape)
                said = f"{head.name} scores {mine[at]:.3f} for a stored window, the CPU {cpu[at]:.3f}"
                raise NpuProbeMismatch(f"{self._name}: {said}")

    def close(self) -> None:
        """Give it back; closing twice is allowed."""
        self._lite.close()

    @property
    def _name(self) -> str:
        return self.artifact.file.path.name


def _stored(artifact: Artifact) -> tuple[Floats, Floats]:
    """Return windows (n, window, 96) and fp32 scores (n, columns without the canary).

    Raises:
        NpuModelRejected: the file does not hold them.
    """
    path = artifact.probe.path
    columns = sum(head.width for head in artifact.heads)
    try:
        with np.load(path, allow_pickle=False) as stored:
            feats, scores = stored["feats"].astype(np.float32), stored["scores"].astype(np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as exc:
        raise NpuModelRejected(f"{path}: holds no stored windows ({exc}); {AGAIN}") from exc
    feats = feats.reshape(-1, artifact.window, EMBEDDING) if feats.size else feats
    if not 1 <= len(feats) == len(scores) or scores.shape[1:] not in ((columns,), (columns + 1,)):
        raise NpuModelRejected(f"{path}: windows {feats.shape} and scores {scores.shape} do not fit; {AGAIN}")
    return feats, scores[:, :columns]
