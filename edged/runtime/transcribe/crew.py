"""Recognizers for recordings: processes of lower priority than the microphone's, each with little ahead."""

import logging
import threading
from collections.abc import Callable

from edged.errors import RecognizerDied
from edged.stages.recognize.recognizer import (
    Final,
    Lost,
    OnReply,
    Options,
    Partial,
    Pcm,
    Recognizer,
    Reply,
    Restarted,
    Switched,
)

log = logging.getLogger(__name__)

AHEAD = 2
"""Utterances given to one process at a time: one that it decodes, and the next, so that it never waits."""

WITHOUT_PARTIALS = Options(partials=False)

LOOK_S = 0.2
"""Seconds between two looks for an interruption while an answer is waited for."""

Answer = Final | Lost


class Crew:
    """Up to `jobs` recognizers, started when first needed. Used by one thread."""

    def __init__(
        self,
        open_one: Callable[[OnReply], Recognizer],
        jobs: int,
        asked: Options = WITHOUT_PARTIALS,
        look: Callable[[], object] = lambda: None,
    ) -> None:
        """Prepare; nobody is hired yet.

        Args:
            open_one: starts a recognizer that calls back from a thread of its own.
            jobs: recognizers, at most.
            asked: of each utterance that does not ask for itself.
            look: called again and again while an answer or room is waited for; what it raises ends that.
        """
        self._asked = asked
        self._look = look
        self._open_one = open_one
        self._jobs = jobs
        self._members: list[Recognizer] = []
        self._load: list[set[int]] = []  # tickets that each has and did not answer
        self._wanted: set[int] = set()  # tickets whose answer somebody will take
        self._answers: dict[int, Answer] = {}
        self._came = threading.Condition()
        self._tickets = 0

    @property
    def provider(self) -> str:
        """Where the recognizers run; empty before the first was needed."""
        return self._members[0].capabilities.provider if self._members else ""

    def submit(self, pcm: Pcm, options: Options | None = None) -> int:
        """Give sound to whoever has the least to do, waiting for room; return the ticket of its answer.

        Raises:
            ModelError: the model cannot be loaded.
            ProviderUnavailable: sherpa-onnx is not installed.
            RecognizerDied: a process ended while it loaded.
        """
        index = self._free()
        self._tickets += 1
        ticket = self._tickets
        with self._came:
            self._load[index].add(ticket)
            self._wanted.add(ticket)
        member = self._members[index]
        member.start(ticket, options or self._asked)
        member.accept(ticket, pcm)
        member.finish(ticket)
        return ticket

    def answered(self, ticket: int) -> bool:
        """Return whether `answer` would not wait."""
        with self._came:
            return ticket in self._answers

    def answer(self, ticket: int) -> Answer:
        """Wait for the answer to a ticket and hand it over, once."""
        with self._came:
            while ticket not in self._answers:
                self._came.wait(LOOK_S)
                self._look()
            self._wanted.discard(ticket)
            return self._answers.pop(ticket)

    def forget(self) -> None:
        """Drop every ticket, and wait until nobody decodes for one of them any more."""
        with self._came:
            self._wanted.clear()
            self._answers.clear()
            while any(self._load):
                self._came.wait(LOOK_S)

    def close(self) -> None:
        """End the processes; what has no answer is forgotten."""
        while self._members:
            self._members.pop().close()

    def _free(self) -> int:
        """Return the index of a recognizer with room, started if all have work and there may be more."""
        with self._came:
            idle = next((index for index, load in enumerate(self._load) if not load), None)
        if idle is not None:
            return idle
        if len(self._members) < self._jobs:
            return self._hire()
        with self._came:
            while min(map(len, self._load)) >= AHEAD:
                self._came.wait(LOOK_S)
                self._look()
            return min(range(len(self._load)), key=lambda index: len(self._load[index]))

    def _hire(self) -> int:
        index = len(self._members)
        self._load.append(set())
        try:
            self._members.append(self._open_one(lambda reply: self._replied(index, reply)))
        except RecognizerDied as exc:
            self._load.pop()
            if not self._members:
                raise
            log.warning("%s: going on with %d recognizers", exc, index)
            self._jobs = index
            return self._free()
        return index

    def _replied(self, index: int, reply: Reply) -> None:
        """Take what a recognizer says, in its thread."""
        match reply:
            case Final() | Lost():
                with self._came:
                    self._load[index].discard(reply.utterance)
                    if reply.utterance in self._wanted:
                        self._answers[reply.utterance] = reply
                    self._came.notify_all()
            case Restarted(reason):
                log.warning("%s; started again, its sound sent again", reason)
            case Switched(before, now, reason):
                log.warning("recognize: %s instead of %s: %s", now, before, reason)
            case Partial():
                return
