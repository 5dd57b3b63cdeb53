"""Recordings in, documents out: parts are read ahead of the recognizers, and settled in order.

One thread reads, cuts and settles; the recognizers decode meanwhile in processes of their own. How far it
reads ahead is bounded, across recordings as well: many short ones keep all recognizers busy too.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edged.backends.backend import VadBackend
from edged.errors import AudioInputError
from edged.geometry import SAMPLE_RATE
from edged.runtime.cleaning import Cleaning
from edged.runtime.transcribe.crew import Crew
from edged.runtime.transcribe.cuts import Cutter, Part
from edged.runtime.transcribe.journal import Journal, key_of
from edged.runtime.transcribe.listing import Item
from edged.runtime.transcribe.manner import Manner
from edged.runtime.transcribe.output import Output
from edged.runtime.transcribe.passage import Passage, passage
from edged.runtime.transcribe.progress import Told
from edged.runtime.transcribe.reading import Parts
from edged.runtime.transcribe.work import Work
from edged.stages.audio.container import open_recording
from edged.stages.audio.intake import Intake
from edged.stages.audio.source import Recorded
from edged.stages.recognize.recognizer import Final, Options

AHEAD = 4
"""Parts per recognizer that may wait to be settled, while an earlier one takes its time."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is to be settled next: a part, or the end of its recording where there is none."""

    work: Work
    part: Part | None = None
    ticket: int = 0
    """0: known already."""


class Transcriber:
    """One run over a list of recordings."""

    def __init__(
        self,
        manner: Manner,
        vad: VadBackend,
        crew: Crew,
        jobs: int,
        output: Output,
        complain: Callable[[str], object],
        told: Told = lambda done: None,
        options: Options | None = None,
        heard: Callable[[Passage], object] = lambda passage: None,
        opened: Callable[[Path, Intake], Recorded] = open_recording,
    ) -> None:
        """Prepare.

        Args:
            manner: how to cut.
            vad: tells speech.
            crew: recognizes.
            jobs: recognizers of the crew, at most.
            output: takes the documents.
            complain: takes a sentence per recording that failed.
            told: takes the progress.
            options: of every utterance; None: those of the crew.
            heard: takes each passage as soon as it is recognized, in order.
            opened: opens a recording.

        Raises:
            ProviderUnavailable: cleaned sound is asked for, and speexdsp-ns is not installed.
        """
        self._manner = manner
        self._vad = vad
        self._cleaning = Cleaning(manner.denoise)
        self._crew = crew
        self._most = AHEAD * jobs
        self._output = output
        self._complain = complain
        self._told = told
        self._options = options
        self._heard = heard
        self._open_recording = opened
        self._pending: deque[_Entry] = deque()
        self._done = 0
        self._failed = 0
        self._open_journals: set[Journal] = set()
        self._finished: list[Path] = []  # journals that no later run needs

    def run(self, items: Sequence[Item]) -> int:
        """Recognize all; return how many failed, wholly or in part.

        Raises:
            ModelError: the model cannot be loaded.
            ProviderError: a recognizer cannot be started, or the VAD broke.
            SinkError: a document or the journal cannot be written.
        """
        try:
            for item in items:
                work = Work(item)
                self._read(work)
                self._pending.append(_Entry(work))
                self._settle(self._most)
            self._settle(0)
        finally:
            for journal in self._open_journals:
                journal.close()
        self._output.end()
        for path in self._finished:  # only now: an interrupted run must not begin again with the first
            path.unlink(missing_ok=True)
        return self._failed

    def _read(self, work: Work) -> None:
        """Send what is to be recognized of one recording."""
        try:
            before = time.perf_counter()
            self._take_up(work)
            work.spent.read_s += time.perf_counter() - before
            if work.journal is None or work.journal.samples is None:
                self._send(work)
                return
        except AudioInputError as exc:
            work.failure = str(exc)
            return
        work.passages.extend(work.journal.passages)
        work.resumed, work.samples = len(work.passages), work.journal.samples

    def _take_up(self, work: Work) -> None:
        with suppress(OSError):  # what is wrong with it, opening it tells
            work.bytes = work.item.path.stat().st_size
        path = self._output.journal(work.item)
        if path is None or not work.item.path.is_file():
            return
        try:
            key = key_of(work.item.path, self._manner.key)
        except OSError as exc:
            raise AudioInputError(f"{work.item.path}: {(exc.strerror or 'cannot be read').lower()}") from exc
        work.journal = Journal(path, key)
        self._open_journals.add(work.journal)

    def _send(self, work: Work) -> None:
        manner = self._manner
        recording = self._open_recording(work.item.path, manner.intake)
        work.expected = recording.expected_s * SAMPLE_RATE
        cutter = Cutter(manner.limit, manner.pause, manner.threshold)
        parts = Parts(recording, self._vad.stream(), cutter, manner.limit, self._cleaning, work.spent)
        try:
            for part, pcm in parts:
                if not part.speech:
                    continue
                known = work.journal and work.journal.find(part.start, part.stop)
                before = time.perf_counter()
                ticket = 0 if known else self._crew.submit(pcm, self._options)
                work.spent.recognize_s += time.perf_counter() - before
                self._pending.append(_Entry(work, part, ticket))
                self._settle(self._most)
        finally:
            recording.close()
        work.samples = parts.samples

    def _settle(self, most: int) -> None:
        """Settle what has its answer, and wait for answers while more than `most` wait for theirs."""
        while self._pending:
            entry = self._pending[0]
            if len(self._pending) <= most and entry.ticket and not self._crew.answered(entry.ticket):
                return
            self._pending.popleft()
            if entry.part is None:
                self._end(entry.work)
            else:
                self._take(entry.work, entry.part, entry.ticket)

    def _take(self, work: Work, part: Part, ticket: int) -> None:
        """Settle one part."""
        before = time.perf_counter()
        known = work.journal.find(part.start, part.stop) if work.journal and not ticket else None
        if known is not None:
            work.passages.append(known)
            work.resumed += 1
        else:
            answer = self._crew.answer(ticket)
            work.spent.recognize_s += time.perf_counter() - before
            before = time.perf_counter()
            if isinstance(answer, Final):
                found = passage(part, answer.transcript, answer.cpu_s)
                work.passages.append(found)
                self._heard(found)
                if work.journal is not None:
                    work.journal.add(found)
            else:
                work.lose(part, answer.reason)
        work.spent.write_s += time.perf_counter() - before
        if work.expected:
            self._told(self._done + work.bytes * min(1.0, part.stop / work.expected))

    def _end(self, work: Work) -> None:
        """Settle the end of one recording."""
        self._done += work.bytes
        self._told(self._done)
        if work.failure:
            self._fail(work.failure)
            self._output.failed(work.item, work.failure)
            if work.journal is not None:
                self._finished.append(work.journal.path)
        else:
            self._output.write(work.item, work.document(self._manner.model, self._crew.provider))
            if work.lost:
                self._fail(work.complaint)
            elif work.journal is not None:
                work.journal.finish(work.samples)
                self._finished.append(work.journal.path)
        if work.journal is not None:
            work.journal.close()
            self._open_journals.discard(work.journal)

    def _fail(self, sentence: str) -> None:
        self._failed += 1
        self._complain(sentence)
