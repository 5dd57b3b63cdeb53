"""The newest clips, as the page lists them: read once, for nothing of a clip changes but its mark."""

import itertools
from pathlib import Path
from typing import Any

from edged.errors import AudioInputError
from edged.geometry import SAMPLE_RATE
from edged.runtime.clips.clip import NoSuchClip, as_plain
from edged.runtime.clips.document import Document, Verdict
from edged.runtime.clips.store import Store

NEWEST = 60
"""Clips that are listed."""


class Shelf:
    """The clips of one folder. Waits for the disk: never used on the loop."""

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder)
        self._known: dict[str, dict[str, Any]] = {}
        """Rows of clips without a mark; no more than were listed last."""
        self._marks = 0

    @property
    def edition(self) -> str:
        """What differs once clips came, went or were marked here."""
        try:
            stamp = self._store.folder.stat().st_mtime_ns
        except OSError:
            stamp = 0
        return f"{stamp}-{self._marks}"

    def newest(self) -> list[dict[str, Any]]:
        """Return a row for each of the newest clips, the newest first; one that is damaged says so.

        Raises:
            EdgedError: the folder cannot be read.
        """
        rows: list[dict[str, Any]] = []
        known: dict[str, dict[str, Any]] = {}
        for entry in itertools.islice(reversed(self._store.entries()), NEWEST):
            row = None if entry.marked else self._known.get(entry.id)
            if row is None:
                try:
                    row = _row(self._store.read(entry.id))
                except NoSuchClip:
                    continue  # it was deleted meanwhile
                except AudioInputError as exc:
                    row = {"id": entry.id, "problem": str(exc)}
            if not entry.marked:
                known[entry.id] = row
            rows.append(row)
        self._known = known
        return rows

    def one(self, clip: str) -> dict[str, Any]:
        """Return all that a clip says, without the numbers that only a replay needs.

        Raises:
            NoSuchClip: there is none.
            AudioInputError: it is damaged.
        """
        document = self._store.read(clip)
        plain: Any = as_plain(document)
        if plain["sound"] is not None:
            del plain["sound"]["history"]
        return {**plain, **_row(document)}

    def sound(self, clip: str) -> Path:
        """Return its file of sound. Raises NoSuchClip where there is none."""
        return self._store.sound(clip)

    def mark(self, clip: str, verdict: Verdict | None) -> None:
        """Note what the user says of it.

        Raises:
            NoSuchClip: there is none.
            EdgedError: the disk does not take it.
        """
        self._store.mark(clip, verdict)
        self._marks += 1

    def delete(self, clip: str) -> None:
        """Delete one.

        Raises:
            NoSuchClip: there is none.
            EdgedError: it cannot be deleted.
        """
        self._store.delete(clip)
        self._marks += 1


def _row(document: Document) -> dict[str, Any]:
    facts = document.words.get(document.word)
    return {
        "id": document.id,
        "kind": document.kind,
        "word": document.word,
        "reason": document.reason,
        "score": document.score,
        "threshold": facts.rule.threshold if facts else None,
        "column": facts.column if facts else None,
        "wall": document.wall,
        "stream": document.stream,
        "utterance": document.utterance,
        "sound_s": round(document.sound.samples / SAMPLE_RATE, 2) if document.sound else None,
        "no_sound": document.no_sound,
        "verdict": document.verdict,
    }
