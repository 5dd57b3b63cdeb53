"""Sound to scores and nothing else: no decision, no command. What scores, compares and measures runs this."""

import numpy as np

from edged.backends.backend import FeatureBackend, Floats, HeadBackend, Pcm
from edged.stages.audio.framer import Framer
from edged.stages.features.features import Features
from edged.stages.features.history import History
from edged.stages.features.quiet_room import quiet_room
from edged.stages.heads.scoring import Scoring


class Scorer:
    """One stream from pieces of sound to rows of scores."""

    def __init__(self, features: FeatureBackend, heads: HeadBackend, before: Floats | None = None) -> None:
        """`before`: embeddings (34, 96) for the time before any sound, shared by streams; None makes them."""
        if before is None:
            before = quiet_room(features.stream())
        self._framer = Framer()
        self._features = Features(features.stream())
        self._history = History(before)
        self._scoring = Scoring(heads)

    def push(self, pcm: Pcm) -> list[Floats]:
        """Take a piece of any size; return one row of scores (columns,) per hop that it completes."""
        rows: list[Floats] = []
        for hop in self._framer.push(pcm):
            self._history.push(self._features.push(hop))
            rows.append(self._scoring.score(self._history.rows, self._history.hops))
        return rows

    def reset(self) -> None:
        """Forget all sound: the next piece is the first of a stream."""
        self._framer.reset()
        self._features.reset()
        self._history.reset()

    def run(self, pcm: Pcm, feed: int) -> Floats:
        """Score a recording in pieces of `feed` samples: shape (hops, columns)."""
        rows = [row for at in range(0, len(pcm), feed) for row in self.push(pcm[at : at + feed])]
        return np.stack(rows) if rows else np.zeros((0, len(self._scoring.columns)), np.float32)
