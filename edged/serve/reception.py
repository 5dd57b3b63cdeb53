"""Where front ends bring sound: to the ears, beside the microphone and never before it."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import count

from edged.catalog.manifest import Model
from edged.config.schema import Config
from edged.errors import ConfigError
from edged.geometry import SAMPLE_RATE
from edged.messages import Body
from edged.runtime.commands import Commands
from edged.runtime.dictation import Dictation
from edged.runtime.ears import Ears
from edged.runtime.exchange import Exchange
from edged.runtime.kit import Kit
from edged.runtime.outlets import Emit
from edged.runtime.sentry import Sentry
from edged.runtime.thrift import give_back
from edged.runtime.timing import StageTimes
from edged.runtime.watch import Watch
from edged.serve.admission import Admission
from edged.serve.stream import Stream
from edged.stages.recognize.recognizer import Capabilities, Options

REST_S = 600.0
"""Seconds without a stream after which the network's recognizer gives its memory back."""


TIDY_S = 5.0
"""Seconds between two looks whether streams are open; after the last of them freed memory goes back."""


class Reception:
    """Opens streams for clients; used on the loop."""

    def __init__(
        self, config: Config, kit: Kit, ears: Ears, exchange: Exchange | None, emit: Emit, watch: Watch
    ) -> None:
        """Prepare.

        Args:
            config: how to listen.
            kit: the models.
            ears: hear what comes.
            exchange: the recognizer of the network; None where recognizing is switched off.
            emit: where wakes of the network are told beside those of the microphone.
            watch: the wake words for streams of the network.
        """
        self.config = config
        self.kit = kit
        self.streams = Admission("streams", config.serve.max_streams, config.serve.max_streams)
        self._ears = ears
        self._exchange = exchange
        self._emit = emit
        self._watch = watch
        self._numbers = count(1)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that calls."""
        return asyncio.get_running_loop()

    async def dictate(
        self,
        front_end: str,
        client: str,
        options: Options,
        trailing_silence: str | float | None = None,
        on_silence: Callable[[], object] = lambda: None,
    ) -> Stream:
        """Open a stream whose speech becomes text, utterance by utterance, as it comes.

        Args:
            front_end: names the stream, with a number.
            client: whom it is counted for.
            options: of each utterance.
            trailing_silence: see `Dictation`.
            on_silence: told on the loop; see `Dictation`.

        Raises:
            Busy: too much is going on.
            EdgedError: there is no recognizer; the sentence is for the client.
        """
        if self._exchange is None:
            raise ConfigError("[recognize] enabled = false: there is no recognizer here")
        exchange, loop = self._exchange, self.loop
        self._refuse_if_full(front_end)
        stream = self._stream(front_end, client)
        try:
            commands = Commands(stream.name, stream.emit, StageTimes())
            line = await asyncio.to_thread(exchange.line, commands.replied)
            stream.when_gone(line.close)
            commands.attach(line)
            hearer = Dictation(
                self.config,
                self.kit.vad.stream(),
                commands,
                self.longest,
                options,
                trailing_silence,
                lambda: loop.call_soon_threadsafe(on_silence),
            )
        except BaseException:  # a client that left while the recognizer loaded as well
            stream.close()
            raise
        stream.attach(self._ears, hearer)
        return stream

    @property
    def heads(self) -> Mapping[str, Model]:
        """The head behind each wake word."""
        return self._watch.heads

    async def watch(self, front_end: str, client: str, words: tuple[str, ...]) -> Stream:
        """Open a stream in which wake words are looked for and nothing else.

        Args:
            front_end: names the stream, with a number.
            client: whom it is counted for.
            words: of the configuration.

        Raises:
            Busy: too much is going on.
            EdgedError: the models cannot serve.
        """
        self._refuse_if_full(front_end)
        stream = self._stream(front_end, client)
        emit, name = self._emit, stream.name

        def say(sample: int, body: Body) -> None:
            emit(name, None, sample, body)
            stream.emit(name, None, sample, body)

        try:
            scorers, wakes = await asyncio.to_thread(self._watch.open)
            wanted = [wake for wake in wakes if wake.rule.word in words]
            hearer = Sentry(self.config, scorers, wanted, self.kit.vad, say)
        except BaseException:
            stream.close()
            raise
        stream.attach(self._ears, hearer)
        return stream

    async def capabilities(self) -> Capabilities | None:
        """Return what the network's recognizer can do, loading it first; None where there is none."""
        if self._exchange is None:
            return None
        line = await asyncio.to_thread(self._exchange.line, lambda reply: None)
        line.close()
        return line.capabilities

    async def rest_when_idle(self) -> None:
        """Give memory back that nobody needs; runs for as long as the front ends do."""
        used = False
        while True:
            await asyncio.sleep(TIDY_S)
            if self.streams.count:
                used = True
                continue
            if used:  # a crowd leaves tens of megabytes free that glibc would keep
                used = False
                await asyncio.to_thread(give_back)
            if self._exchange is not None:
                await asyncio.to_thread(self._exchange.rest, REST_S)

    @property
    def longest(self) -> int:
        """Most samples of one utterance."""
        model = self.kit.recognizer
        return round(SAMPLE_RATE * (model.recognizer.max_audio_s if model and model.recognizer else 30.0))

    def _stream(self, front_end: str, client: str) -> Stream:
        """Count a stream of a client; closing it counts it out."""
        self.streams.enter(client, front_end)
        stream = Stream(f"{front_end}:{next(self._numbers)}", self.loop)
        stream.when_gone(lambda: self.streams.leave(client, front_end))
        return stream

    def _refuse_if_full(self, front_end: str) -> None:
        if self._ears.full:
            sentence = f"the streams that are open take all there is: {self._ears.count} of them"
            raise self.streams.refuse(front_end, sentence)
