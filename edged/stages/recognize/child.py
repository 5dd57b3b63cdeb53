"""The recognizer's process: `python -m edged.stages.recognize.child PARENT_PID FD FD`, a socket and 8 bytes.

sherpa-onnx lives here because it ends its process on bad input. This one may die at any time and owns
nothing worth saving; the daemon sends the utterance again to the next one.
"""

import os
import resource
import socket
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from edged.errors import EdgedError, ModelError
from edged.geometry import SAMPLE_RATE
from edged.stages.recognize import answers, requests, wire
from edged.stages.recognize.blame import Blame
from edged.stages.recognize.decoders import REFUSED, open_decoder, sentence
from edged.stages.recognize.framing import WireError
from edged.stages.recognize.link import Link
from edged.stages.recognize.liveness import MB, starved
from edged.stages.recognize.pulse import Pulse, beat
from edged.stages.recognize.recognizer import Decoder, Session
from edged.stages.recognize.settle import settle


@dataclass
class Open:
    """An utterance that is being heard."""

    session: Session
    again: bool
    """Its text is also said where it stayed the same."""
    samples: int = 0
    cpu_s: float = 0.0
    text: str = ""

    def partial(self, utterance: int, text: str | None) -> answers.Partial | None:
        """Return what is said of the text so far; `text` is None where it stayed the same."""
        if text is None and not (self.again and self.text):
            return None
        self.text = self.text if text is None else text
        return answers.Partial(utterance, self.text, self.samples / SAMPLE_RATE)


class Worker:
    """Does what messages ask, one after the other."""

    def __init__(self, decoder: Decoder, link: Link, pulse: Pulse, blame: Blame) -> None:
        self._decoder = decoder
        self._link = link
        self._pulse = pulse
        self._blame = blame
        self._open: dict[int, Open] = {}

    def handle(self, messages: Sequence[wire.Message]) -> None:
        """Do the work of messages that came together; of an utterance's partials the last is sent: each wakes
        the daemon.
        """
        partials: dict[int, wire.Message] = {}
        for message in messages:
            self._pulse.since = time.monotonic()
            answer = self._work(message)
            if isinstance(answer, answers.Partial):
                partials[answer.utterance] = answer
            elif answer is not None:
                partials.pop(answer.utterance, None)
                self._link.send(answer)
        self._pulse.since = None
        for partial in partials.values():
            self._link.send(partial)

    def _work(self, message: wire.Message) -> answers.Partial | answers.Final | answers.Error | None:
        """Answer a message of an utterance.

        Raises:
            MemoryError: there is no more; its utterance was told lost.
        """
        if not isinstance(message, requests.Start | requests.Audio | requests.Finish | requests.Cancel):
            raise WireError(f"message {message.KIND!r} is not for the recognizer's process")
        number = message.utterance
        if not isinstance(message, requests.Start) and number not in self._open:
            return None  # it failed: the rest of it was on its way
        self._blame.utterance = number
        before = time.process_time()
        try:
            answer = self._answer(message, before)
        except (*REFUSED, EdgedError) as exc:
            self._close(number)
            failure = answers.Error("decode", sentence(exc), number)
            if not starved(failure.text):
                return failure
            self._link.send(failure)
            raise MemoryError(failure.text) from exc  # the next ones would get none either
        if number in self._open:
            self._open[number].cpu_s += time.process_time() - before
        return answer

    def _answer(
        self, message: requests.Start | requests.Audio | requests.Finish | requests.Cancel, before: float
    ) -> answers.Partial | answers.Final | None:
        match message:
            case requests.Audio(utterance, pcm):
                heard = self._open[utterance]
                heard.samples += len(pcm) // 2
                text = heard.session.accept(np.frombuffer(pcm, np.dtype("<i2")))
                return heard.partial(utterance, text)
            case requests.Start(utterance):
                self._pulse.open()
                session = self._decoder.open(message.options)
                self._open[utterance] = Open(session, message.again)
            case requests.Finish(utterance):
                return self._finish(utterance, before)
            case requests.Cancel(utterance):
                self._close(utterance)
        return None

    def _finish(self, utterance: int, before: float) -> answers.Final:
        heard = self._open[utterance]
        transcript = heard.session.finish()
        self._close(utterance)
        cpu_s = heard.cpu_s + time.process_time() - before
        return answers.Final.of(utterance, transcript, cpu_s, heard.samples / SAMPLE_RATE)

    def _close(self, utterance: int) -> None:
        self._open.pop(utterance, None)
        self._blame.utterance = 0
        if not self._open:
            self._pulse.close()


def serve(link: Link, blame: Blame) -> int:
    """Load what the first message names, then work until the daemon goes; return the exit status."""
    messages = link.receive()
    while messages == []:
        messages = link.receive()
    if not messages:
        return 0
    request = messages.pop(0)
    if not isinstance(request, requests.Load):
        raise WireError(f"first message is {request.KIND!r}, not 'load'")
    os.nice(request.nice)
    if request.cpus:
        with suppress(OSError):  # a cpuset that changed meanwhile: the scheduler decides
            os.sched_setaffinity(0, request.cpus)
    try:
        decoder = open_decoder(request)
    except ModelError as exc:
        link.send(answers.Error("model", str(exc)))
        return ModelError.exit_code
    except ImportError as exc:
        link.send(answers.Error("provider", f"sherpa-onnx does not import ({sentence(exc)})"))
        return 1
    link.send(answers.Ready.of(decoder.capabilities))
    if request.memory_mb:  # of one utterance: between two the daemon looks
        most = 2 * request.memory_mb * MB
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    pulse = Pulse()
    threading.Thread(target=beat, args=(link, pulse, request.beat_s), name="beat").start()
    worker = Worker(decoder, link, pulse, blame)
    while messages is not None:
        worker.handle(messages)
        messages = link.receive()
    return 0


def main() -> None:
    """Entry point: `child PARENT_PID SOCKET BLAME`, two descriptors."""
    status = EdgedError.exit_code
    try:
        parent, descriptor, shared = map(int, sys.argv[1:4])
        settle(parent)
        status = serve(Link(socket.socket(fileno=descriptor)), Blame(shared))
    except (BrokenPipeError, ConnectionResetError):
        status = 0  # the daemon went first
    except Exception:  # noqa: BLE001 - whatever it is, its last line tells the daemon why this process ended
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(status)  # neither the beat thread nor a library's destructor may keep a dead process up


if __name__ == "__main__":
    main()
