"""From pieces of any length to frames of one hop."""

from collections.abc import Iterable, Iterator

import numpy as np

from edged.geometry import HOP
from edged.messages import Frame
from edged.stages.audio.convert import Pcm


def hops(pieces: Iterable[Pcm]) -> Iterator[Frame]:
    """Yield every sample once, HOP at a time; the last frame is shorter where they do not divide."""
    start = 0
    rest: Pcm = np.zeros(0, np.int16)
    for piece in pieces:
        rest = np.concatenate([rest, piece])
        whole = len(rest) - len(rest) % HOP
        for at in range(0, whole, HOP):
            yield Frame(start + at, rest[at : at + HOP])
        start += whole
        rest = rest[whole:]
    if len(rest):
        yield Frame(start, rest)
