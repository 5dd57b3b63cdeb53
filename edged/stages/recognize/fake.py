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
    _open: int | None = None

    def start(self, utterance: int, options: Options) -> None:
        self._open = utterance
        self.heard[utterance] = []

    def accept(self, pcm: Pcm) -> None:
        if self._open is not None:
            self.heard[self._open].append(pcm.copy())

    def finish(self) -> None:
        if self._open is None:
            return
        utterance, self._open = self._open, None
        text = self.texts[(utterance - 1) % len(self.texts)]
        audio_s = sum(len(pcm) for pcm in self.heard[utterance]) / SAMPLE_RATE
        self.on_reply(Partial(utterance, text))
        self.on_reply(Final(utterance, Transcript(text), cpu_s=0.0, audio_s=audio_s))

    def cancel(self) -> None:
        self._open = None

    def drain(self, timeout_s: float) -> bool:
        return True

    def close(self) -> None:
        self._open = None
