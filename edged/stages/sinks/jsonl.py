"""Events as JSON lines, to standard output or appended to a file."""

import contextlib
import json
import os
import stat
import sys
from pathlib import Path

from edged.backends.quiet import own_output
from edged.errors import SinkError, SinkGone
from edged.messages import Event, to_json


class JsonlSink:
    """One event, one line, written whole or not at all."""

    name = "jsonl"

    def __init__(self, path: str, scores: bool = False) -> None:
        """Open `path`, `-` for standard output.

        Raises:
            SinkError: the file cannot be opened, or there is no standard output.
        """
        self.wants_scores = scores
        self._where = "standard output" if path == "-" else path
        if path == "-":
            if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]  # closed before we began
                raise SinkError("events: standard output is closed; name a file instead of -")
            self._fd = own_output()
        else:
            try:
                self._fd = os.open(Path(path), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
            except OSError as exc:
                raise SinkError(f"events: cannot write {path}: {exc.strerror}") from exc
        self._regular = stat.S_ISREG(os.fstat(self._fd).st_mode)

    def publish(self, event: Event) -> None:
        line = (json.dumps(to_json(event), ensure_ascii=False) + "\n").encode()
        size = os.fstat(self._fd).st_size
        written = 0
        try:
            while written < len(line):
                written += os.write(self._fd, line[written:])
        except BrokenPipeError as exc:
            raise SinkGone(f"events: nobody reads {self._where} any more") from exc
        except OSError as exc:
            if self._regular and written:  # a full disk took half a line: take it back
                with contextlib.suppress(OSError):
                    os.ftruncate(self._fd, size)
            raise SinkError(f"events: cannot write {self._where}: {exc.strerror}") from exc

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
