"""The recognizer that the daemon holds: a child process that may die, and yet the text comes."""

import logging
import threading
from collections.abc import Iterable

from edged.bell import Bell
from edged.catalog.manifest import Model
from edged.errors import RecognizerDied, StageStalled
from edged.stages.recognize import loading
from edged.stages.recognize.attendant import Attendant
from edged.stages.recognize.backlog import DEPTH, MAX_BYTES
from edged.stages.recognize.gathering import BATCH, Gathering
from edged.stages.recognize.outbox import Outbox
from edged.stages.recognize.recognizer import (
    Capabilities,
    Final,
    Lost,
    OnReply,
    Options,
    Pcm,
    Reply,
    Restarted,
    Switched,
)

log = logging.getLogger(__name__)

MOST_NOTED = 64
"""Different notes that are logged: clients can ask for as many as they like."""

CLOSE_S = 2.0
"""Seconds `close` may take."""


class ChildRecognizer:
    """A Recognizer in a process of its own, which serves all open utterances with one loaded model."""

    def __init__(
        self,
        model: Model,
        on_reply: OnReply,
        mode: loading.Choice = "auto",
        threads: int = 1,
        nice: int = 0,
        beat_limit_s: float = 10.0,
        load_limit_s: float = 60.0,
        cpus: Iterable[int] = (),
        writing: loading.Writing = loading.AS_HEARD,
        depth: int = DEPTH,
        max_bytes: int = MAX_BYTES,
        memory_mb: int = 0,
        provider: str = "cpu",
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
            cpus: where the process may run; empty: wherever the scheduler puts it.
            writing: what is asked of all texts.
            depth: utterances that may be open or wait for their text; one more is lost as `busy`.
            max_bytes: of audio that all of them may hold; one whose audio would be more is lost as `busy`.
            memory_mb: megabytes (10^6) over which a new process replaces it between two utterances, and twice
                which it never gets; 0: no limit.
            provider: `cpu` or `rknn`; with that, `threads` says which cores of the NPU: `accelerated.CORES`.

        Raises:
            ModelError: the model is missing, damaged or of another kind.
            ProviderUnavailable: sherpa-onnx is not installed.
            RecognizerDied: the process ended while it loaded.
        """
        request = loading.request(
            model, mode, threads, nice, beat_limit_s, cpus, memory_mb, writing, provider
        )
        self._on_reply = on_reply
        self._noted: set[str] = set()
        self._saying = threading.RLock()  # so that nothing is said of an utterance after cancel returned
        self._batch = BATCH[request.mode]
        self._gathering: dict[int, Gathering] = {}
        self._bell = Bell()
        self._outbox = Outbox(self._bell, depth, max_bytes)
        limits = (beat_limit_s, load_limit_s)
        self._attendant = Attendant(request, self._outbox, self._bell, self._say, limits)
        self._thread = threading.Thread(target=self._attendant.run, name="recognize")
        self._thread.start()
        self._attendant.decided.wait()
        if self._attendant.capabilities is None:
            self.close()
            raise self._attendant.failure or RecognizerDied("recognizer process: never became ready")
        self._remark(self._attendant.capabilities.notes)

    @property
    def capabilities(self) -> Capabilities:
        assert self._attendant.capabilities is not None  # the constructor raised otherwise
        return self._attendant.capabilities

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        channel = self._attendant.channel
        return None if channel is None else channel.pid

    def start(self, utterance: int, options: Options) -> None:
        self._gathering[utterance] = Gathering(self._batch)
        self._outbox.start(utterance, options)

    def accept(self, utterance: int, pcm: Pcm) -> None:
        gathering = self._gathering.get(utterance)
        if gathering is not None and gathering.add(pcm):
            self._note(self._outbox.accept(utterance, gathering.take()))

    def finish(self, utterance: int) -> None:
        if gathering := self._gathering.pop(utterance, None):
            self._note(self._outbox.finish(utterance, gathering.take()))

    def cancel(self, utterance: int) -> None:
        self._gathering.pop(utterance, None)
        self._outbox.forget(utterance)
        self._bell.ring()  # it may have been what a successor waits for
        with self._saying:  # what is being said right now has been said when this returns
            return

    def drain(self, timeout_s: float) -> bool:
        return self._outbox.wait_answered(timeout_s)

    def close(self) -> None:
        """End the process and the thread; utterances without an answer are forgotten.

        Raises:
            StageStalled: the thread did not end in 2 s.
        """
        self._outbox.close()
        self._attendant.stop()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            raise StageStalled(f"recognize: its thread did not end within {CLOSE_S:g} s")
        self._bell.close()

    def _note(self, dropped: int) -> None:
        if dropped:
            log.warning("recognizer: utterance longer than the longest, %d samples not recognized", dropped)

    def _remark(self, notes: Iterable[str]) -> None:
        """Log each note once: it comes with every text that it is about."""
        for note in notes:
            if note not in self._noted and len(self._noted) < MOST_NOTED:
                self._noted.add(note)
                log.warning("recognize: %s", note)

    def _say(self, reply: Reply) -> None:
        """Give an answer to the daemon, unless its utterance was cancelled or answered."""
        with self._saying:
            if not isinstance(reply, Restarted | Switched) and reply.utterance not in self._outbox:
                return
            try:
                self._on_reply(reply)
            except Exception:  # a listener's fault must not make the daemon deaf
                log.exception("recognize: the listener failed at %r", type(reply).__name__)
        if isinstance(reply, Final):
            self._remark(reply.transcript.notes)
        if isinstance(reply, (Final, Lost)):
            self._gathering.pop(reply.utterance, None)
            self._outbox.forget(reply.utterance)
