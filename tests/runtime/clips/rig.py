"""An ear on fakes whose decisions are kept, and heard again."""

import time
from pathlib import Path

import numpy as np

from edged.backends.fake import FakeFeatures, FakeHeads, FakeVad
from edged.catalog.manifest import Model
from edged.config.schema import Clips, Config, Denoise, Heads, Listen, Word
from edged.geometry import HOP
from edged.messages import Activation, Body, EndpointReason, Frame, Lost, Suppressed
from edged.runtime.chains import Chains
from edged.runtime.clips.document import Document
from edged.runtime.clips.keeper import Keeper
from edged.runtime.clips.kept import written
from edged.runtime.clips.replay import replay
from edged.runtime.clips.replayed import Replayed
from edged.runtime.clips.sound import Channels
from edged.runtime.clips.store import Store
from edged.runtime.commands import Commands
from edged.runtime.ear import Ear
from edged.runtime.kit import Kit, Scorers
from edged.runtime.timing import StageTimes
from edged.runtime.words import Wake
from edged.stages.features.quiet_room import quiet_room
from edged.stages.heads.rule import rule_of
from edged.stages.recognize import recognizer as recognizing
from edged.stages.recognize.fake import FakeRecognizer
from tests.runtime.clips.clip import MADE_BY

Clip = tuple[Document, Channels | None]


class Wandering(FakeHeads):
    """Heads whose scores go up and down with the sound, as those of no steady room do."""

    def scores(self, history: np.ndarray) -> np.ndarray:
        means = [history[-window:].mean() * (column + 1) for column, window in enumerate(self.windows)]
        return np.abs(np.sin(np.asarray(means, np.float32)))


def kit_of(heads: Heads, planned: list[list[float]] | None = None, windows: list[int] | None = None) -> Kit:
    """A kit of fakes for these words; `planned` scores by hop, else some that depend on the sound."""
    names = [word.name for word in heads.word]
    features = FakeFeatures()
    models = {name: Model(name, "head", Path(), {}, licence="none", source="planned") for name in names}
    fakes = FakeHeads(names, planned=planned) if planned else Wandering(names, windows)
    scorers = Scorers(features, fakes, quiet_room(features.stream()), models, Chains())
    wakes = tuple(Wake(rule_of(word, heads, lag_ms=160), column) for column, word in enumerate(heads.word))
    return Kit(scorers, FakeVad(), wakes, None, ())


class Mortal(FakeRecognizer):
    """A recognizer that dies of every command, or answers when `answer` is called, if it is to."""

    dies = False
    waits = False

    def finish(self, utterance: int) -> None:
        if self.waits:
            return
        if self.dies and utterance in self.open:
            self.open.remove(utterance)
            self.on_reply(recognizing.Lost(utterance, "it died twice of it"))
        super().finish(utterance)

    def answer(self, utterance: int) -> None:
        super().finish(utterance)


class Rig:
    """One ear; its clips are taken out of the mailbox as the writer would."""

    def __init__(
        self,
        planned: list[list[float]] | None = None,
        words: tuple[str, ...] = ("computer",),
        clips: dict[str, object] | None = None,
        rules: dict[str, object] | None = None,
        listen: dict[str, object] | None = None,
        denoise: str = "off",
        folder: Path | None = None,
        windows: list[int] | None = None,
        stops: tuple[str, ...] = (),
    ) -> None:
        known = (*(Word(name=word) for word in words), *(Word(name=word, role="stop") for word in stops))
        heads = Heads(word=known, **(rules or {}))
        self.config = Config(
            heads=heads,
            clips=Clips(**({"enabled": True} | (clips or {}))),
            listen=Listen(**(listen or {})),
            denoise=Denoise(path=denoise),
        )
        self.windows = windows
        self.kit = kit_of(heads, planned, windows)
        self.keeper = Keeper(self.config.clips, MADE_BY, store=Store(folder) if folder else None)
        self.events: list[Body] = []
        self.places: list[int] = []
        """Sample of each event."""
        times = StageTimes()
        self.commands = Commands("mic", self._emit, times, clips=self.keeper)
        self.recognizer = Mortal(self.commands.replied)
        self.commands.attach(self.recognizer)
        self.ear = Ear("mic", self.kit, self.config, self._emit, self.commands, times, clips=self.keeper)
        self.at = 0
        self.clips: list[Clip] = []

    def feed(self, pcm: np.ndarray, skip: int = 0) -> None:
        """Hear sound behind `skip` lost samples."""
        self.at += skip
        for start in range(0, len(pcm), HOP):
            piece = pcm[start : start + HOP]
            self.ear.feed(Frame(self.at, piece), time.perf_counter())
            self.at += len(piece)
            self.drain()

    def end(self, reason: EndpointReason = "end_of_stream") -> None:
        self.ear.end(reason)
        self.drain()

    def obey(self, **clips: object) -> None:
        self.config = self.config.model_copy(update={"clips": self.config.clips.model_copy(update=clips)})
        self.keeper.obey(self.config.clips, MADE_BY)
        self.ear.obey(self.config)

    def drain(self) -> None:
        while (kept := self.keeper.box.get(timeout_s=0)) is not None:
            self.clips.append(written(kept))

    def replay(self, clip: Clip) -> Replayed:
        """Hear a clip again with fresh backends of the same kind."""
        document, sound = clip
        assert sound is not None
        return replay(document, sound, self.config, kit_of(self.config.heads, windows=self.windows), MADE_BY)

    def told(self) -> list[str | None]:
        """Ids of clips that events told of."""
        kinds = Activation | Suppressed | Lost
        return [body.clip for body in self.events if isinstance(body, kinds) and body.clip is not None]

    def _emit(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        self.events.append(body)
        self.places.append(sample)


def planned(rows: dict[int, float], hops: int = 300) -> list[list[float]]:
    """Scores of one word by hop, counted from 1."""
    return [[rows.get(hop, 0.0)] for hop in range(1, hops + 1)]
