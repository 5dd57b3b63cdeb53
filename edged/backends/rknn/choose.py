"""Which compiled graphs serve the heads of a configuration: as few calls per hop as can be."""

from collections.abc import Collection, Sequence

from edged.catalog.artifact import Artifact
from edged.catalog.sniff.rknn import BOARD

STAGE = "heads"


def usable(artifact: Artifact) -> bool:
    """Tell whether this backend can run it."""
    return (artifact.provider, artifact.target, artifact.stage) == ("rknn", BOARD, STAGE)


def choose(artifacts: Sequence[Artifact], heads: Collection[str]) -> Artifact | None:
    """Return the graph to try next for heads, by sha256, that none serves yet; None: there is none.

    That which serves most of them; of equals the plain form before the one that avoids ReduceMean, fp16
    before int8, a smaller graph before a larger one.
    """
    wanted = set(heads)
    able = [artifact for artifact in artifacts if _served(artifact, wanted)]
    return min(able, key=lambda artifact: _cost(artifact, wanted), default=None)


def _served(artifact: Artifact, heads: set[str]) -> int:
    return sum(head.sha256 in heads for head in artifact.heads)


def _cost(artifact: Artifact, heads: set[str]) -> tuple[int, bool, bool, int]:
    plain, fp16 = artifact.layernorm == "plain", artifact.precision == "fp16"
    return -_served(artifact, heads), not plain, not fp16, len(artifact.heads)
