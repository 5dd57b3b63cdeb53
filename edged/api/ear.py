"""An ear for a program of one's own: sound in, events out, without threads or devices to care for."""

import contextlib
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from edged.api.settings import settled
from edged.api.sound import checked
from edged.errors import EdgedError
from edged.geometry import HOP
from edged.messages import Body, Event, Frame, Scores
from edged.runtime import ear as runtime
from edged.runtime.commands import Commands
from edged.runtime.kit import open_kit, open_recognizer
from edged.runtime.outlets import stamped
from edged.runtime.timing import StageTimes
from edged.stages.audio.health import look
from edged.stages.recognize.recognizer import Pcm


class Ear:
    """Hears one stream of sound, as the daemon does, and says what it heard. Used by one thread at a time.

    >>> import edged, soundfile
    >>> pcm, rate = soundfile.read("demo/hey-jarvis-turn-on-the-kitchen-light.wav", dtype="int16")
    >>> with edged.Ear("demo/edged.toml") as ear:
    ...     events = ear.feed(pcm) + ear.finish()
    >>> [event.body.text for event in events if event.name == "final"]
    ['turn on the kitchen light']
    """

    def __init__(
        self,
        config: str | os.PathLike[str] | None = None,
        *,
        words: Iterable[str | os.PathLike[str]] = (),
        stream: str = "ear",
        scores: bool = False,
        patient: bool = False,
        **settings: object,
    ) -> None:
        """Open models and, where the configuration has one, the recognizer.

        Args:
            config: a TOML file; None for /etc/edged/edged.toml, or the defaults where that does not exist.
                Its sources and sinks are the daemon's: here the caller feeds and reads.
            words: wake words by name, or heads as paths of .onnx files, instead of the configuration's.
            stream: what events call this stream.
            scores: also return a `scores` event per hop.
            patient: `feed` waits for the text of each command that ends in what it was given. For
                recordings, which are fed faster than a recognizer decodes; what is heard of them hangs on
                their sound alone, as `listen.stable_s` says.
            **settings: any key of the configuration as `section__key`: `heads__threshold=0.6`.

        Raises:
            ConfigError: the configuration is wrong; all problems at once.
            ModelError: a model is missing, damaged, or its licence was not accepted.
            ProviderError: a named backend cannot serve.
        """
        asked = [_word(word) for word in words]
        config_ = settled(config, {**settings, "heads__word": asked} if asked else settings)
        self._scores = scores
        self._events: list[Event] = []  # grows only by what is fed between two calls
        self._lock = threading.Lock()  # events: the recognizer answers from its own thread
        self._heard = 0
        self._ready = self._finished = False
        times = StageTimes()
        with contextlib.ExitStack() as opening:
            self._kit = open_kit(config_)
            opening.callback(self._kit.close)
            self._commands = Commands(stream, self._emit, times, patient=patient)
            if self._kit.recognizer is not None:
                replied = self._commands.replied
                recognizer = open_recognizer(
                    self._kit.recognizer,
                    config_.recognize,
                    replied,
                    writing=self._kit.writing,
                    beside=self._kit.beside,
                    hurried=not patient,
                )
                opening.callback(recognizer.close)
                self._commands.attach(recognizer)
            live = not patient
            self._ear = runtime.Ear(stream, self._kit, config_, self._emit, self._commands, times, live=live)
            self._opened = opening.pop_all()

    def feed(self, pcm: Pcm) -> list[Event]:
        """Hear more sound and return what happened since the last call, oldest first.

        pcm: shape (n,), any n, int16, mono, 16 kHz. The text of a command comes with a later call unless
        this ear is patient.

        Raises:
            AudioInputError: not such sound; nothing was heard of it.
            EdgedError: the stream is over, or a backend failed.
        """
        if self._finished:
            raise EdgedError("this stream is over: open another Ear")
        for at in range(0, len(checked(pcm)), HOP):
            piece = pcm[at : at + HOP]
            self._ear.tally.sound.add(look(piece))
            self._ear.feed(Frame(self._heard, piece), time.perf_counter())
            self._heard += len(piece)
            if not self._ready and self._ear.tally.hops:
                self._ready = True
                for body in self._kit.opening():
                    self._ear.say(body)
        return self._collected()

    def finish(self, timeout_s: float = 30.0) -> list[Event]:
        """End the stream: an open command ends, texts are waited for; return the last events, then `stats`.

        timeout_s: seconds to wait; a command without a text by then is said to be `lost`.
        """
        if self._finished:
            return self._collected()
        self._finished = True
        self._ear.end("end_of_stream")
        self._commands.finish(timeout_s)
        if self._ready:
            self._ear.say_stats()
        return self._collected()

    def close(self) -> None:
        """Give models and the recognizer's process back; closing twice is allowed."""
        self._finished = True
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _emit(self, stream: str, utterance: int | None, sample: int, body: Body) -> None:
        if isinstance(body, Scores) and not self._scores:
            return
        with self._lock:
            self._events.append(stamped(stream, utterance, sample, body))

    def _collected(self) -> list[Event]:
        with self._lock:
            events, self._events = self._events, []
        return events


def _word(word: str | os.PathLike[str]) -> dict[str, str]:
    """Return the table of a wake word that is a head's name or the path of its file."""
    text = os.fspath(word)
    is_path = "/" in text or text.endswith(".onnx")
    return {"name": Path(text).stem, "model": text} if is_path else {"name": text}
