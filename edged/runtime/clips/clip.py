"""One clip in its folder, wherever that lies: what it says, its sound, and what a person says of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from edged.errors import AudioInputError
from edged.runtime.clips.document import Document, Verdict, from_json, to_json
from edged.runtime.clips.sound import Channels, decoded

DOCUMENT, SOUND, VERDICT = "clip.json", "sound.flac", "verdict"


class NoSuchClip(AudioInputError):
    """Nothing of that name is kept, or no longer."""


def read_clip(home: Path) -> Document:
    """Return what the clip in a folder says, wherever that lies, and the verdict on it.

    Raises:
        NoSuchClip: there is none.
        AudioInputError: it is damaged or cannot be read.
    """
    document = from_json(_read(home / DOCUMENT), str(home / DOCUMENT))
    try:
        said = (home / VERDICT).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return replace(document, verdict=None)
    except OSError as exc:
        raise AudioInputError(f"{home / VERDICT}: {(exc.strerror or str(exc)).lower()}") from exc
    return replace(document, verdict=cast("Verdict", said) if said in get_args(Verdict) else None)


def read_sound(home: Path) -> Channels:
    """Return the sound of the clip in a folder, shape (samples, channels).

    Raises:
        AudioInputError: it is missing, damaged or cannot be read.
    """
    return decoded(_read(home / SOUND), str(home / SOUND))


def as_plain(document: Document) -> object:
    """Return a document as `clip.json` has it, for a reader of JSON."""
    return json.loads(to_json(document))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as exc:
        raise NoSuchClip(f"{file}: no such clip") from exc
    except OSError as exc:
        raise AudioInputError(f"{file}: {(exc.strerror or str(exc)).lower()}{as_root(exc)}") from exc


def as_root(exc: OSError) -> str:
    """Return the way out, for the end of a sentence, where clips may not be read."""
    return "; the daemon's clips are its own: try sudo" if isinstance(exc, PermissionError) else ""
