"""The recognizer that the daemon holds: a child process that may die, and yet the text comes.

One thread, `recognize`, reads answers, finds the child dead or hung, starts another and sends what has no
answer yet again. Audio goes out in the caller's thread when the socket takes it at once, which it nearly
always does; otherwise the thread sends the rest.
"""

import logging
import select
import socket
import threading
import time
from typing import Literal

from edged.catalog.manifest import Model
from edged.errors import EdgedError, ModelError, ProviderUnavailable, RecognizerDied, StageStalled
from edged.messages import Transcript, Word
from edged.stages.recognize import loading, wire
from edged.stages.recognize.backlog import BATCH, DEPTH, Backlog
from edged.stages.recognize.channel import Channel
from edged.stages.recognize.recognizer import (
    Capabilities,
    Final,
    Lost,
    OnReply,
    Options,
    Partial,
    Pcm,
    Reply,
    Restarted,
)

log = logging.getLogger(__name__)

SETTLED_S = 10.0
"""Seconds a process must have served before an idle death is answered with a new one at once; one that dies
sooner waits for the next utterance, so a process that cannot live is never started in a circle."""

EXIT_S = 1.0
"""Seconds for a process to end after its socket closed."""

CLOSE_S = 2.0
"""Seconds `close` may take."""

SLOWEST = 2.0
"""Seconds of decoding per second of waiting audio before a process that still beats counts as hung."""


def hung(quiet_s: float, busy_s: float, audio_s: float, limit_s: float) -> str | None:
    """Return why a process with work counts as hung, or None.

    Args:
        quiet_s: seconds since it said anything.
        busy_s: seconds it says it has been working on one message.
        audio_s: seconds of audio that wait for their text: decoding may take `SLOWEST` times that.
        limit_s: patience, seconds.
    """
    if quiet_s > limit_s:
        return f"recognizer process hung: no sign of life for {limit_s:g} s"
    if busy_s > limit_s + SLOWEST * audio_s:
        return f"recognizer process hung: {busy_s:.0f} s on one piece of {audio_s:.1f} s of audio"
    return None


def start_again(waiting: int, lived_s: float) -> bool:
    """Return whether a process that ended is followed by another at once, or by the next utterance.

    Args:
        waiting: utterances without an answer; each can cost two processes at most.
        lived_s: seconds since it was started.
    """
    return waiting > 0 or lived_s > SETTLED_S


class ChildRecognizer:
    """A Recognizer in a process of its own."""

    def __init__(
        self,
        model: Model,
        on_reply: OnReply,
        mode: Literal["auto", "streaming", "offline"] = "auto",
        threads: int = 1,
        nice: int = 0,
        beat_limit_s: float = 10.0,
        load_limit_s: float = 60.0,
    ) -> None:
        """Start the process and wait until it has loaded and tried the model.

        Args:
            model: a recognizer.
            on_reply: called from the thread `recognize`.
            mode: how to decode.
            threads: of the model's arithmetic.
            nice: of the process.
            beat_limit_s: seconds without a sign of life, with work to do, after which it counts as hung.
            load_limit_s: seconds it may take to load.

        Raises:
            ModelError: the model is missing, damaged or of another kind.
            ProviderUnavailable: sherpa-onnx is not installed.
            RecognizerDied: the process ended while it loaded.
        """
        request = loading.request(model, mode, threads, nice, beat_limit_s)
        self._load = wire.encode(request)
        self._on_reply = on_reply
        self._beat_limit_s = beat_limit_s
        self._load_limit_s = load_limit_s
        self._lock = threading.Condition()  # backlog, channel, ready, closing; answered utterances wake drain
        self._saying = threading.RLock()  # so that nothing is said of an utterance after cancel returned
        self._backlog = Backlog(BATCH[request.mode])
        self._channel: Channel | None = None
        self._ready = False
        self._closing = False
        self._heard = self._born = self._busy_s = 0.0
        self._failure: EdgedError | None = None
        self._reason = ""
        self._capabilities: Capabilities | None = None
        self._first = threading.Event()
        self._bell, self._ringer = socket.socketpair()
        self._bell.setblocking(False)
        self._ringer.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="recognize")
        self._thread.start()
        self._first.wait()
        if self._capabilities is None:
            self.close()
            raise self._failure or RecognizerDied("recognizer process: never became ready")

    @property
    def capabilities(self) -> Capabilities:
        assert self._capabilities is not None  # the constructor raised otherwise
        return self._capabilities

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        channel = self._channel
        return None if channel is None else channel.pid

    def start(self, utterance: int, options: Options) -> None:
        with self._lock:
            if self._closing:
                return
            if not len(self._backlog):
                self._heard, self._busy_s = time.monotonic(), 0.0  # nobody expected a sign of life until now
            self._backlog.start(utterance, options.partials)
            self._push()
            self._ring()

    def accept(self, pcm: Pcm) -> None:
        with self._lock:
            if self._closing:
                return
            dropped = self._backlog.accept(pcm)
            self._push()
        if dropped:
            log.warning("recognizer: utterance longer than the longest, %d samples not recognized", dropped)

    def finish(self) -> None:
        with self._lock:
            self._backlog.finish()
            self._push()

    def cancel(self) -> None:
        with self._lock:
            self._backlog.cancel()
            self._push()
        with self._saying:  # what is being said right now has been said when this returns
            return

    def drain(self, timeout_s: float) -> bool:
        with self._lock:
            return self._lock.wait_for(lambda: not self._backlog.unanswered, timeout_s)

    def close(self) -> None:
        """End the process and the thread; utterances without an answer are forgotten.

        Raises:
            StageStalled: the thread did not end in 2 s.
        """
        with self._lock:
            self._closing = True
            self._ring()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            raise StageStalled(f"recognize: its thread did not end within {CLOSE_S:g} s")
        self._bell.close()
        self._ringer.close()

    # --- callers' threads, under the lock ---

    def _push(self) -> None:
        """Send what the socket takes at once; the thread sends the rest."""
        if self._channel is None or not self._ready:
            return
        while (data := self._backlog.sendable()) is not None:
            count = self._channel.send(data)
            if not count:  # full, or gone: the thread finds out
                self._ring()
                return
            self._backlog.sent(count)

    def _ring(self) -> None:
        """Wake the thread."""
        try:
            self._ringer.send(b"!")
        except BlockingIOError:
            return  # it has not even noticed the last hundred
        except OSError:
            return  # closed

    # --- the thread ---

    def _run(self) -> None:
        try:
            self._spawn()
            while not self._closing:
                self._wait()
                if self._channel is None and len(self._backlog) and not self._closing:
                    self._spawn()
        finally:
            with self._lock:
                channel, self._channel, self._ready = self._channel, None, False
                self._closing = True
            if channel is not None:
                channel.end()
            self._first.set()

    def _spawn(self) -> None:
        """Start a process and ask it to load."""
        try:
            channel = Channel()
        except OSError as exc:
            self._down(RecognizerDied(f"recognizer process: cannot be started ({exc})"))
            return
        self._failure = None
        self._born = time.monotonic()
        channel.send(memoryview(self._load))
        with self._lock:
            self._channel, self._ready = channel, False

    def _wait(self) -> None:
        """Wait for one round of whatever comes first, and answer it."""
        channel = self._channel
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if channel is not None:
            with self._lock:
                full = self._ready and self._backlog.sendable() is not None
            poll.register(channel.socket, select.POLLIN | (select.POLLOUT if full else 0))
            if not channel.mute:
                poll.register(channel.output, select.POLLIN)
        idle = channel is None or (self._ready and not len(self._backlog))
        came = {fd for fd, _ in poll.poll(None if idle else self._beat_limit_s / 4 * 1000)}
        if self._bell.fileno() in came:
            self._bell.recv(4096)
        with self._lock:
            refused = self._backlog.refused
        for number in refused:
            self._say(Lost(number, f"recognizer is {DEPTH} utterances behind"))
        if channel is None:
            return
        if not channel.mute and channel.output.fileno() in came:
            channel.listen_to_output()
        if channel.socket.fileno() in came:
            self._converse(channel)
        else:  # judged only when nothing came: a daemon that was itself suspended must read first
            self._judge()

    def _converse(self, channel: Channel) -> None:
        """Send what is left and handle what came."""
        with self._lock:
            self._push()
        try:
            messages = channel.receive()
        except wire.WireError as exc:
            self._bury(f"recognizer process spoke nonsense: {exc}", end_it=True)
            return
        if messages is None:
            self._bury("", end_it=False)
            return
        if messages:
            self._heard, self._busy_s = time.monotonic(), 0.0
        for message in messages:
            self._handle(message)

    def _handle(self, message: wire.Message) -> None:
        match message:
            case wire.Beat(busy_s):
                self._busy_s = busy_s
            case wire.Partial(utterance, text):
                self._say(Partial(utterance, text))
            case wire.Final():
                pairs = zip(message.words, message.starts, message.ends, strict=False)
                transcript = Transcript(message.text, tuple(Word(*each) for each in pairs))
                self._say(Final(message.utterance, transcript, message.cpu_s, message.audio_s))
            case wire.Error("decode", text, utterance):
                self._say(Lost(utterance, text))
            case wire.Error("provider", text):
                self._failure = ProviderUnavailable("sherpa-onnx", text)
            case wire.Error(_, text):
                self._failure = ModelError(text)
            case wire.Ready():
                self._serve(message)
            case _:
                log.error("recognizer process sent %r, which is not for the daemon", message.KIND)

    def _serve(self, ready: wire.Ready) -> None:
        """A process has loaded: send it what waits."""
        mode: Literal["streaming", "offline"] = "streaming" if ready.mode == "streaming" else "offline"
        self._capabilities = Capabilities(
            ready.model, ready.family, mode, ready.words, ready.languages, ready.self_test, ready.provider
        )
        reason, self._reason = self._reason, ""
        if reason:
            self._say(Restarted(reason))
        with self._lock:
            self._ready = True
            self._heard = time.monotonic()
            self._backlog.again()
            self._push()
        self._first.set()

    def _judge(self) -> None:
        """End a process that hangs."""
        now = time.monotonic()
        if not self._ready:
            if now - self._born > self._load_limit_s:
                self._bury(f"recognizer process did not load within {self._load_limit_s:g} s", end_it=True)
            return
        with self._lock:
            quiet_s = now - self._heard if len(self._backlog) else 0.0
            busy_s, audio_s = self._busy_s, self._backlog.audio_s
        if why := hung(quiet_s, busy_s, audio_s, self._beat_limit_s):
            self._bury(why, end_it=True)

    def _bury(self, why: str, end_it: bool) -> None:
        """The process ended or must: say who lost by it, and start another where that can help."""
        with self._lock:
            channel, self._channel = self._channel, None
            was_ready, self._ready = self._ready, False
        assert channel is not None
        story = channel.end(hung=True) if end_it else channel.end(EXIT_S)
        reason = why or story
        if not was_ready:
            self._down(self._failure or RecognizerDied(f"{reason} (while it loaded)"))
            return
        log.warning("recognize: %s", reason)
        self._reason = reason
        with self._lock:
            victim = self._backlog.charge()
        if victim is not None:
            self._say(Lost(victim, f"{reason}, for the second time with this utterance"))
        if start_again(len(self._backlog), time.monotonic() - self._born):
            self._spawn()

    def _down(self, failure: EdgedError) -> None:
        """No process can be had: what waits is lost; the next utterance tries again."""
        if self._capabilities is None:
            self._failure = failure
            self._closing = True
            return
        log.error("recognize: %s", failure)
        with self._lock:
            waiting = self._backlog.numbers
        for number in waiting:
            self._say(Lost(number, str(failure)))

    def _say(self, reply: Reply) -> None:
        """Give an answer to the daemon, unless its utterance was cancelled or answered."""
        with self._saying:
            if not isinstance(reply, Restarted) and not self._waits(reply.utterance):
                return
            try:
                self._on_reply(reply)
            except Exception:  # a listener's fault must not make the daemon deaf
                log.exception("recognize: the listener failed at %r", type(reply).__name__)
        if isinstance(reply, (Final, Lost)):
            with self._lock:
                self._backlog.remove(reply.utterance)
                self._lock.notify_all()

    def _waits(self, utterance: int) -> bool:
        with self._lock:
            return utterance in self._backlog
