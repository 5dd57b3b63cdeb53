"""Where every activation lies on the device: the layers of the graph, turned into addresses.

An activation is stored (row in time, mel band, channel), channels last. What a convolution along time reads
lies in the state of a stream, behind the two rows that it keeps from the hop before; what one along mel
alone reads lies in scratch that all streams share, between two margins of zeros that nothing writes.
"""

from dataclasses import dataclass
from typing import Literal

from edged.backends.opencl.driver import PROVIDER
from edged.errors import ProviderUnavailable
from edged.geometry import MEL_BINS, MEL_PER_HOP
from edged.graphs.embedding_layers import Layer

HISTORY_ROWS = 2
"""Rows that a convolution of height 3 keeps from the hop before."""

LANES = 4
"""Channels that a kernel computes at once: 128 bits of float."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one activation lies."""

    kind: Literal["rows", "state", "scratch", "embedding"]
    """`rows`: mel frames, float in any precision. `embedding`: the answer, float as well."""
    start: int
    """Elements of its kind before it."""
    rows: int
    """New rows per hop."""
    bands: int
    channels: int
    history: int
    """Rows of the hop before, in front."""
    margin: int
    """Zero bands on either side."""

    @property
    def pitch(self) -> int:
        """Elements from one row to the next."""
        return (self.bands + 2 * self.margin) * self.channels

    @property
    def size(self) -> int:
        """Elements in all."""
        return (self.history + self.rows) * self.pitch

    def offset(self, row: int) -> int:
        """Elements from the start of its kind to the first band of a row; history comes before row 0."""
        return self.start + (row + self.history) * self.pitch + self.margin * self.channels


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution with its bias, pool and activation."""

    index: int
    layer: Layer
    source: Place
    target: Place

    @property
    def rows(self) -> int:
        """New rows that it answers, after its pool."""
        return self.source.rows // self.layer.pool[0]

    @property
    def bands(self) -> int:
        """Bands that it answers, after its pool."""
        return self.source.bands // self.layer.pool[1]


@dataclass(frozen=True, slots=True)
class Plan:
    """All convolutions in order of flow, and the room they need."""

    convolutions: tuple[Convolution, ...]
    state: int
    """Elements of the state of one stream, which exists twice."""
    scratch: int
    """Elements that all streams share."""

    @property
    def rows(self) -> Place:
        """Mel frames of a hop, behind those that the first convolution keeps."""
        return self.convolutions[0].source


def plan(layers: tuple[Layer, ...]) -> Plan:
    """Lay the layers of an embedding model out.

    Raises:
        ProviderUnavailable: a layer has operators or channels that the kernels do not know.
    """
    used = {"state": 0, "scratch": 0, "rows": 0}

    def place(consumer: Layer, rows: int, bands: int, first: bool) -> Place:
        channels, height, width = consumer.weights.shape[1:]
        kind = "rows" if first else "state" if height > 1 else "scratch"
        found = Place(
            kind, used[kind], rows, bands, channels, HISTORY_ROWS if height > 1 else 0, int(width > 1)
        )
        used[kind] += -(-found.size // 16) * 16  # 64 bytes of float: rows of 128 bits stay aligned
        return found

    rows, bands = MEL_PER_HOP, MEL_BINS
    source = place(layers[0], rows, bands, first=True)
    convolutions: list[Convolution] = []
    for index, layer in enumerate(layers):
        _check(index, layer)
        rows, bands = rows // layer.pool[0], bands // layer.pool[1]
        if index + 1 < len(layers):
            target = place(layers[index + 1], rows, bands, first=False)
        else:
            target = Place("embedding", 0, rows, bands, layer.weights.shape[0], 0, 0)
        convolutions.append(Convolution(index, layer, source, target))
        source = target
    return Plan(tuple(convolutions), used["state"], used["scratch"])


def _check(index: int, layer: Layer) -> None:
    outputs, channels, height, width = layer.weights.shape
    for other in layer.others:
        raise ProviderUnavailable(PROVIDER, f"no kernel for the operator {other.kind} (node {other.name!r})")
    if outputs % LANES or (channels % LANES if index else channels != 1):
        raise ProviderUnavailable(PROVIDER, f"no kernel for Conv {index} of shape {layer.weights.shape}")
    if not index and (height, width) != (3, 3):
        raise ProviderUnavailable(PROVIDER, f"no kernel for a first Conv of {height}x{width}, expected 3x3")
