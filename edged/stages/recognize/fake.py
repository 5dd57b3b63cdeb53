"""A recognizer that answers with planned texts; part of the product, as every fake."""

from dataclasses import dataclass, field

from edged.geometry import SAMPLE_RATE
from edged.messages import Transcript
from edged.stages.recognize.recognizer import Capabilities, Final, OnReply, Options, Partial, Pcm


@dataclass
class FakeRecognizer:
    """Answers at once, in the thread of the caller."""

    on_reply: OnReply
    texts: tuple[str, ...] = ("turn on the kitchen light",)
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities("fake", "fake", "streaming", words=False)
    )
    heard: dict[int, list[Pcm]] = field(default_factory=dict[int, list[Pcm]])
    """Audio of every utterance, for tests that count samples."""
    open: set[int] = field(default_factory=set[int])
    """Numbers of the utterances that are open."""

    def start(self, utterance: int, options: Options) -> None:
        self.open.add(utterance)
        self.heard[utterance] = []

    def accept(self, utterance: int, pcm: Pcm) -> None:
        if utterance in self.open:
            self.heard[utterance].append(pcm.copy())

    def finish(self, utterance: int) -> None:
        if utterance not in self.open:
            return
        self.open.remove(utterance)
        text = self.texts[(utterance - 1) % len(self.texts)]
        audio_s = sum(len(pcm) for pcm in self.heard[utterance]) / SAMPLE_RATE
        self.on_reply(Partial(utterance, text))
        self.on_reply(Final(utterance, Transcript(text), cpu_s=0.0, audio_s=audio_s))

    def cancel(self, utterance: int) -> None:
        self.open.discard(utterance)

    def drain(self, timeout_s: float) -> bool:
        return True

    def close(self) -> None:
        self.open.clear()
