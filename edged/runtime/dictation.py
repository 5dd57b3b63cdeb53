"""One stream without a wake word: each stretch of speech in it becomes an utterance, and its text events.

What network clients send goes through here in the thread `ears`; the recognizer answers from its own.
"""

from collections.abc import Callable

from edged.backends.backend import VadStream
from edged.config.schema import Config
from edged.geometry import SAMPLE_RATE
from edged.messages import EndpointReason, Frame
from edged.runtime.cleaning import Cleaning
from edged.runtime.commands import AS_CONFIGURED, Commands
from edged.stages.audio.ring import Ring
from edged.stages.denoise.command import CONTEXT
from edged.stages.listen.segment import Began, Edge, Segmenter
from edged.stages.listen.speech import SpeechMeter
from edged.stages.recognize.recognizer import Options


class Dictation:
    """Hears one stream. Used by one thread at a time."""

    def __init__(
        self,
        config: Config,
        vad: VadStream,
        commands: Commands,
        limit: int,
        options: Options = AS_CONFIGURED,
        trailing_silence: str | float | None = None,
        on_silence: Callable[[], object] = lambda: None,
    ) -> None:
        """Prepare.

        Args:
            config: how to listen and to clean.
            vad: of this stream alone.
            commands: takes the utterances; its recognizer is attached.
            limit: most samples of one utterance; at least 2 s.
            options: of each utterance.
            trailing_silence: preset or seconds, in the place of the configuration's.
            on_silence: told when an utterance ended by silence: somebody who asked one thing has asked it.

        Raises:
            ProviderUnavailable: cleaned sound is asked for, and speexdsp-ns is not installed.
        """
        self._ring = Ring(limit + CONTEXT + 2 * SAMPLE_RATE)
        self._limit = limit
        self._options = options
        self._meter = SpeechMeter(vad)
        self._meter.restart(0)
        self._segmenter = Segmenter.of(config.listen, limit, trailing_silence)
        self._cleaning = Cleaning(config.denoise.path)
        self._commands = commands
        self._on_silence = on_silence
        self._position: int | None = None  # first sample of the open utterance not handed on yet
        self._any = False

    def feed(self, frame: Frame) -> None:
        """Hear more sound, of any length up to a second."""
        self._ring.push(frame.pcm)
        for window in self._meter.advance(self._ring, self._ring.end):
            self._obey(self._segmenter.update(window.end, window.probability))
        self._hand_on(self._ring.end)

    def end(self, reason: EndpointReason) -> None:
        """No more sound comes.

        Where nobody seemed to speak the recognizer is asked all the same, if the whole is short enough: a
        short word is lost to the voice activity now and then, not to the recognizer.
        """
        end = self._ring.end
        if not self._any and 0 < end <= self._limit:
            self._begin(0)
        elif self._position is None:
            self._obey(self._segmenter.finish(end))
        self._end(end, reason)

    def _obey(self, edges: tuple[Edge, ...]) -> None:
        for edge in edges:
            if isinstance(edge, Began):
                self._begin(edge.start)
            else:
                self._end(edge.end, edge.reason)
                if edge.reason == "silence":
                    self._on_silence()

    def _begin(self, start: int) -> None:
        self._any = True
        self._position = start
        self._cleaning.open(self._ring, start)
        self._commands.announce()
        self._commands.open(start, self._ring.end, self._options)

    def _hand_on(self, until: int) -> None:
        if self._position is not None and until > self._position:
            pcm = self._ring.read(self._position, until)
            self._position = until
            self._commands.accept(self._cleaning.command(pcm, last=False))

    def _end(self, end: int, reason: EndpointReason) -> None:
        if self._position is None:
            return
        pcm = self._ring.read(self._position, max(end, self._position))
        self._position = None
        self._commands.accept(self._cleaning.command(pcm, last=True))
        self._commands.end(reason, end)
