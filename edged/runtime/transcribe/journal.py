"""What was recognized so far, kept beside the output: an interrupted run goes on where it was.

One JSON line per passage, each appended with one write; the first says of which sound, model and options.
A line that was cut off, or belongs to another run, is forgotten with all after it. What is read again gives
the same cuts, so a passage is found by its samples.
"""

import fcntl
import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from edged.errors import SinkError
from edged.messages import Word
from edged.runtime.transcribe.passage import Passage

VERSION = 2
"""Of the lines, and of how parts are cut."""


class Journal:
    """Of one recording; open from its first part to the end of the run."""

    def __init__(self, path: Path, key: str) -> None:
        """Open, or begin anew where it was kept for something else.

        Args:
            path: of the journal.
            key: what the passages depend on; see `key_of`.

        Raises:
            SinkError: it cannot be written, or another run writes it.
        """
        self.path = path
        self._known: dict[tuple[int, int], Passage] = {}
        self.samples: int | None = None
        """Length of the recording if an earlier run came to its end."""
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as exc:
            raise SinkError(f"{path}: cannot be written ({exc.strerror})") from exc
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            os.close(self._fd)
            raise SinkError(f"{path}: another edged transcribe writes there") from exc
        try:
            self._take_up(key)
        except BaseException:
            os.close(self._fd)
            raise

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Those of earlier runs, in order."""
        return tuple(self._known[place] for place in sorted(self._known))

    def find(self, start: int, stop: int) -> Passage | None:
        """Return what an earlier run recognized there, if it did."""
        return self._known.get((start, stop))

    def add(self, passage: Passage) -> None:
        """Keep a passage.

        Raises:
            SinkError: it cannot be written.
        """
        self._append(asdict(passage))

    def finish(self, samples: int) -> None:
        """Note that the recording, so many samples long, is recognized to its end.

        Raises:
            SinkError: it cannot be written.
        """
        if self.samples is None:
            self._append({"samples": samples})

    def close(self) -> None:
        """Let go of it; it stays for the next run."""
        os.close(self._fd)

    def _take_up(self, key: str) -> None:
        """Read what is there, and cut off what is not whole or not ours."""
        whole = 0
        head = json.dumps({"edged": VERSION, "key": key}).encode() + b"\n"
        with os.fdopen(os.dup(self._fd), "rb") as lines:
            lines.seek(0)
            if lines.readline() == head:
                whole = len(head)
                for line in lines:
                    if not self._remember(line):
                        break
                    whole += len(line)
        os.ftruncate(self._fd, whole)
        if not whole:
            self._write(head)

    def _remember(self, line: bytes) -> bool:
        """Take one line; False if it is none."""
        try:
            read: object = json.loads(line)
            if not line.endswith(b"\n") or not isinstance(read, dict):
                return False
            fields = cast("dict[str, Any]", read)
            if "samples" in fields:
                self.samples = int(fields["samples"])
                return True
            words = tuple(Word(**word) for word in fields.pop("words"))
            notes = tuple(str(note) for note in fields.pop("notes"))
            passage = Passage(**fields, words=words, notes=notes)
            self._known[int(passage.start), int(passage.stop)] = passage
        except (ValueError, TypeError, KeyError, RecursionError):
            return False
        return True

    def _append(self, fields: dict[str, Any]) -> None:
        self._write(json.dumps(fields, ensure_ascii=False).encode() + b"\n")

    def _write(self, line: bytes) -> None:
        try:
            if os.write(self._fd, line) != len(line):
                raise SinkError(f"{self.path}: the disk is full")
        except OSError as exc:
            raise SinkError(f"{self.path}: cannot be written ({exc.strerror})") from exc


def key_of(recording: Path, *depends: str) -> str:
    """Return what stands for a recording's bytes and everything else that its text depends on.

    Raises:
        OSError: the recording cannot be read.
    """
    with recording.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(json.dumps([VERSION, digest, *depends]).encode()).hexdigest()
