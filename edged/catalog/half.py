"""A download that is not complete yet: its bytes, and what the server said they are part of."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Part:
    """Of what the bytes are a part: without all three they are never continued."""

    url: str
    validator: str
    """Strong ETag, or Last-Modified; changes when the file does. Empty where the server gave none."""
    length: int | None
    """Bytes of the whole."""


class Half:
    """The bytes so far of one file, on disk, beside a note of what they belong to."""

    def __init__(self, into: Path) -> None:
        self.into = into
        self.bytes = into.with_name(into.name + ".part")
        self._note = into.with_name(into.name + ".part.json")

    def size(self) -> int:
        """Return how many bytes are there."""
        return self.bytes.stat().st_size if self.bytes.exists() else 0

    def of(self, url: str) -> Part | None:
        """Return what the bytes are part of if they can be continued from that address."""
        try:
            said: Any = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(said, dict):
            return None
        match cast("dict[str, Any]", said):
            case {"url": str(at), "validator": str(validator), "length": int(length)}:
                fits = at == url and validator and 0 < self.size() <= length
                return Part(at, validator, length) if fits else None
            case _:
                return None

    def begin(self, part: Part) -> None:
        """Forget what is there; the bytes that come belong to `part`."""
        self.discard()
        self.into.parent.mkdir(parents=True, exist_ok=True)
        self._note.write_text(json.dumps(asdict(part)), encoding="utf-8")

    def finish(self) -> None:
        """Make the bytes the file itself: they are all there."""
        descriptor = os.open(self.bytes, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self.bytes.replace(self.into)
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove what is there, the note first: bytes without a note are never continued."""
        self._note.unlink(missing_ok=True)
        self.bytes.unlink(missing_ok=True)
