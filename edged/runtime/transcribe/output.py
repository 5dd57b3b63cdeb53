"""Where documents go: a file each in a folder, or one stream on standard output."""

import json
import os
from pathlib import Path
from typing import Protocol, TextIO

from edged.errors import SinkError, SinkGone
from edged.runtime.transcribe.document import ENDINGS, Document, Format, as_dict, render
from edged.runtime.transcribe.listing import Item, printable


class Output(Protocol):
    """Takes one document after the other."""

    def journal(self, item: Item) -> Path | None:
        """Return where to keep what is recognized so far, None where nothing is kept."""
        ...

    def write(self, item: Item, document: Document) -> None:
        """Take a document.

        Raises:
            SinkError: it cannot be written.
        """
        ...

    def failed(self, item: Item, reason: str) -> None:
        """Take note of a recording without a document."""
        ...

    def end(self) -> None:
        """No more documents come."""
        ...


class Folder:
    """One file per recording, there only when it is whole."""

    def __init__(self, folder: Path, form: Format) -> None:
        """Make the folder.

        Raises:
            SinkError: it cannot be made.
        """
        self._folder = folder
        self._form: Format = form
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise SinkError(f"{folder}: cannot be made ({(exc.strerror or str(exc)).lower()})") from exc

    def journal(self, item: Item) -> Path:
        return self._folder / f"{item.id}{ENDINGS[self._form]}.journal"

    def write(self, item: Item, document: Document) -> None:
        path = self._folder / f"{item.id}{ENDINGS[self._form]}"
        half = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        try:
            half.write_text(render(document, self._form), encoding="utf-8")
            half.replace(path)
        except OSError as exc:
            half.unlink(missing_ok=True)
            raise SinkError(f"{path}: cannot be written ({(exc.strerror or str(exc)).lower()})") from exc

    def failed(self, item: Item, reason: str) -> None:
        """Nothing is written for it; the sentence went to standard error."""

    def end(self) -> None:
        """Nothing is left to be written."""


class Stream:
    """All documents in one: a JSON list, a line `ID TEXT` each, or the one there is as it is."""

    def __init__(self, stream: TextIO, form: Format, single: bool) -> None:
        self._stream = stream
        self._form: Format = form
        self._single = single
        self._begun = False

    def journal(self, item: Item) -> None:
        """Nothing is kept: what was written to a stream cannot be taken up again."""

    def write(self, item: Item, document: Document) -> None:
        if self._form == "json":
            self._entry(as_dict(document))
        elif self._single:
            self._say(render(document, self._form))
        else:
            self._say(f"{document.id} {document.text}".rstrip() + "\n")

    def failed(self, item: Item, reason: str) -> None:
        if self._form == "json":
            fields = {"id": item.id, "file": item.path, "error": reason}
            self._entry({key: printable(value) for key, value in fields.items()})

    def end(self) -> None:
        if self._form == "json":
            self._say("\n]\n" if self._begun else "[]\n")

    def _entry(self, fields: dict[str, object]) -> None:
        self._say((",\n" if self._begun else "[\n") + json.dumps(fields, ensure_ascii=False))
        self._begun = True

    def _say(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError as exc:
            raise SinkGone("standard output: nobody reads any more") from exc
        except OSError as exc:
            raise SinkError(f"standard output: cannot be written ({exc.strerror})") from exc
