"""Looks after the process: starts it, reads its answers, finds it dead or hung, starts another.

Runs in the thread `recognize`, which sleeps until something comes or a limit passes: nothing is polled.
"""

import logging
import math
import select
import threading
import time
from collections.abc import Callable

from edged.bell import Bell
from edged.errors import EdgedError, ModelError, ProviderUnavailable, RecognizerDied
from edged.stages.recognize import answers, replies, wire
from edged.stages.recognize.channel import Channel
from edged.stages.recognize.framing import WireError
from edged.stages.recognize.liveness import (
    SETTLED_S,
    UNEXPLAINED,
    blamed,
    hung,
    start_again,
)
from edged.stages.recognize.outbox import Outbox
from edged.stages.recognize.recognizer import Capabilities, Final, Lost, Reply, Restarted
from edged.stages.recognize.relief import Relief
from edged.stages.recognize.requests import Load

log = logging.getLogger(__name__)

EXIT_S = 1.0
"""Seconds for a process to end after its socket closed."""


class Attendant:
    """One process at a time, until told to stop."""

    def __init__(
        self,
        load: Load,
        outbox: Outbox,
        bell: Bell,
        say: Callable[[Reply], None],
        limits: tuple[float, float],
    ) -> None:
        """Prepare; `run` does the work.

        Args:
            load: what to load and how to run.
            outbox: what callers say.
            bell: rung when the outbox needs the thread, and by `stop`.
            say: takes each answer.
            limits: seconds without a sign of life, and to load.
        """
        self._load, self._name = wire.encode(load), load.name
        self._outbox = outbox
        self._bell = bell
        self._say = say
        self._beat_limit_s, self._load_limit_s = limits
        self._poll = select.poll()
        self._poll.register(bell, select.POLLIN)
        self._closing = False
        self._ready = False
        self._heard = self._born = self._busy_s = 0.0
        self._reason = ""
        self._unexplained = 0  # deaths in a row, soon after the start, of which no utterance is to blame
        self._relief = Relief(load, self._poll, self._load_limit_s)
        self.channel: Channel | None = None
        self.capabilities: Capabilities | None = None
        """Of the model, once a process has loaded it."""
        self.failure: EdgedError | None = None
        """Why the last process could not load."""
        self.decided = threading.Event()
        """Set once the first process has loaded or will not."""

    def run(self) -> None:
        try:
            self._spawn()
            while not self._closing:
                self._wait()
                if self.channel is not None and self._relief.due(bool(self._outbox.numbers)):
                    self._replace(self.channel)
                if self.channel is None and not self._closing and self._outbox.numbers:
                    self._spawn()
        finally:
            self._outbox.close()
            self._outbox.disconnect()
            channel, self.channel = self.channel, None
            if channel is not None:
                channel.end()
            self._relief.dismiss()
            self.decided.set()

    def stop(self) -> None:
        """Ask the thread to end; from any thread."""
        self._closing = True
        self._bell.ring()

    def _spawn(self) -> None:
        """Start a process and ask it to load."""
        try:
            channel = Channel()
        except OSError as exc:
            self._down(RecognizerDied(f"recognizer process: cannot be started ({exc})"))
            return
        self.failure = None
        self._born = time.monotonic()
        channel.send([self._load])
        self.channel, self._ready = channel, False
        self._poll.register(channel.socket, select.POLLIN)
        self._poll.register(channel.output, select.POLLIN)

    def _wait(self) -> None:
        """Wait for one round of whatever comes first, and answer it."""
        channel = self.channel
        if channel is not None:
            self._poll.modify(channel.socket, select.POLLIN | (select.POLLOUT if self._outbox.stuck else 0))
        came = {fd for fd, _ in self._poll.poll(self._patience_ms())}
        if self._bell.fileno() in came:
            self._bell.hush()
            for number, why in self._outbox.refused.items():
                self._say(Lost(number, why, "busy"))
        self._relief.look(came)
        if channel is None:
            return
        if not channel.mute and channel.output.fileno() in came:
            channel.listen_to_output()
            if channel.mute:
                self._poll.unregister(channel.output)
        if channel.socket.fileno() in came:
            self._converse(channel)
        else:  # judged only when nothing came: a daemon that was itself suspended must read first
            self._judge()

    def _patience_ms(self) -> int | None:
        """Return how long the process may say nothing from now on; None: for ever."""
        if self.channel is None:
            return None
        until = self._relief.until(bool(self._outbox.numbers))
        if not self._ready:
            until = min(until, self._born + self._load_limit_s)
        elif (since := self._outbox.since) is not None:
            until = min(until, max(since, self._heard) + self._beat_limit_s)
        return None if until == math.inf else max(0, math.ceil((until - time.monotonic()) * 1000)) + 1

    def _converse(self, channel: Channel) -> None:
        """Send what is left and handle what came."""
        if self._outbox.stuck:
            self._outbox.push()
        try:
            messages = channel.receive()
        except WireError as exc:
            self._bury(f"recognizer process spoke nonsense: {exc}", end_it=True)
            return
        if messages is None:
            self._bury("", end_it=False)
            return
        if messages:
            self._heard, self._busy_s = time.monotonic(), 0.0
        for message in messages:
            self._handle(message, channel)
        if self._busy_s:
            self._judge()

    def _handle(self, message: wire.Message, channel: Channel) -> None:
        match message:
            case answers.Beat(busy_s):
                self._busy_s = busy_s
            case answers.Ready():
                self._serve(message, channel)
            case answers.Error("provider", text):
                self.failure = ProviderUnavailable("sherpa-onnx", text)
            case answers.Error("model", text):
                self.failure = ModelError(text)
            case _:
                reply = replies.read(message)
                if reply is None:
                    log.error("recognizer process sent %r, which is not for the daemon", message.KIND)
                else:
                    self._say(reply)
                    if isinstance(reply, Final | Lost):
                        self._relief.weigh(channel.pid)

    def _replace(self, old: Channel) -> None:
        """Let another process take the place of one that has grown too large."""
        self._reason, next_one = self._relief.take()
        self._outbox.disconnect()
        self._busy_s = 0.0
        self._forget(old)
        if next_one is not None and next_one.ready is not None:
            self.channel, self._born = next_one.channel, next_one.born
            self._serve(next_one.ready, next_one.channel)
            old.end(EXIT_S)
            return
        self.channel, self._ready = None, False
        old.end(EXIT_S)
        self._spawn()

    def _forget(self, channel: Channel) -> None:
        """Listen no more to a process."""
        self._poll.unregister(channel.socket)
        if not channel.mute:
            self._poll.unregister(channel.output)

    def _serve(self, ready: answers.Ready, channel: Channel) -> None:
        """A process has loaded: send it what waits."""
        if self.capabilities is None and (why := self._relief.outgrown(channel.pid)):
            self.failure = ModelError(f"{self._name}: {why}, before it heard anything: raise that")
            self._bury("", end_it=True)
            return
        self.capabilities = ready.capabilities
        reason, self._reason = self._reason, ""
        if reason:
            self._say(Restarted(reason))
        self._ready = True
        self._heard = time.monotonic()
        self._outbox.connect(channel)
        self.decided.set()

    def _judge(self) -> None:
        """End a process that hangs."""
        now = time.monotonic()
        if not self._ready:
            if now - self._born > self._load_limit_s:
                self._bury(f"recognizer process did not load within {self._load_limit_s:g} s", end_it=True)
            return
        since = self._outbox.since
        if since is None:
            return
        quiet_s = now - max(since, self._heard)
        audio_s = self._outbox.audio_s(self.channel.works_on if self.channel else 0)
        if why := hung(quiet_s, self._busy_s, audio_s, self._beat_limit_s):
            self._bury(why, end_it=True)

    def _bury(self, why: str, end_it: bool) -> None:
        """The process ended or must: say who lost by it, and start another where that can help."""
        self._outbox.disconnect()
        channel, self.channel = self.channel, None
        was_ready, self._ready = self._ready, False
        self._busy_s = 0.0
        assert channel is not None
        self._forget(channel)
        self._relief.dismiss()
        story = channel.end(hung=True) if end_it else channel.end(EXIT_S)
        reason = why or story
        if not was_ready:
            self._down(self.failure or RecognizerDied(f"{reason} (while it loaded)"))
            return
        self._reason = reason
        guilty = blamed(channel.works_on, self._outbox.numbers)
        if guilty and self._outbox.charge(guilty):
            self._say(Lost(guilty, f"{reason}, for the second time with this utterance"))
        lived_s = time.monotonic() - self._born
        waiting = len(self._outbox.numbers)
        explained = guilty or channel.works_on or not waiting or lived_s > SETTLED_S
        self._unexplained = 0 if explained else self._unexplained + 1
        if self._unexplained >= UNEXPLAINED:
            self._down(RecognizerDied(f"{reason}, {UNEXPLAINED} times before it began to work"))
        elif start_again(waiting, lived_s):
            self._spawn()

    def _down(self, failure: EdgedError) -> None:
        """No process can be had: what waits is lost; the next utterance tries again."""
        self.failure = failure
        if self.capabilities is None:
            self._closing = True
            return
        log.error("recognize: %s", failure)
        for number in self._outbox.numbers:
            self._say(Lost(number, str(failure)))
