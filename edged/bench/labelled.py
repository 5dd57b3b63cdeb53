"""Recordings and the wake word that is said in each: from folders, or from a list."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from edged.errors import AudioInputError

ENDINGS = (".wav", ".flac", ".ogg", ".mp3")

NOTHING = ("", "-")
"""How a list says that no wake word is said."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A recording."""

    file: Path
    word: str | None
    """Said in it at least once; None: no wake word is said in it, whatever else is."""


def labelled(
    positives: Sequence[str], negatives: Sequence[Path], lists: Sequence[Path], words: Sequence[str]
) -> list[Labelled]:
    """Return all recordings, each once.

    Args:
        positives: `WORD=FOLDER`; recordings anywhere below the folder.
        negatives: folders or files without a wake word.
        lists: TSV files of `FILE<TAB>WORD`, or TOML files of [[recording]] with `file` and `word`; paths are
            relative to the list.
        words: that are configured.

    Raises:
        AudioInputError: a folder or list cannot be used, or a word is not configured: all problems at once.
    """
    found: list[Labelled] = []
    problems: list[str] = []
    for pair in positives:
        word, equals, folder = pair.partition("=")
        if not equals:
            problems.append(f"{pair}: expected WORD=FOLDER")
        else:
            found += [Labelled(file, word) for file in _below(Path(folder), problems)]
    for place in negatives:
        found += [Labelled(file, None) for file in _below(place, problems)]
    for file in lists:
        found += _listed(file, problems)
    unknown = dict.fromkeys(each.word for each in found if each.word not in (None, *words))
    known = ", ".join(words)
    problems += [f"no word {word!r} is configured; [[heads.word]] has {known}" for word in unknown]
    once: dict[Path, Labelled] = {}
    for each in found:
        other = once.setdefault(each.file.absolute(), each)
        if other.word != each.word:
            problems.append(
                f"{each.file}: both {other.word or 'without a word'} and {each.word or 'without a word'}"
            )
    if not found and not problems:
        problems.append("no recordings: say --positive WORD=FOLDER, --negative FOLDER or --list FILE")
    if problems:
        raise AudioInputError("\n".join(problems))
    return list(once.values())


def _below(place: Path, problems: list[str]) -> list[Path]:
    """Return the recordings at or below a place, sorted."""
    if place.is_file():
        return [place]
    files = sorted(file for file in place.rglob("*") if file.suffix.lower() in ENDINGS and file.is_file())
    if not files:
        why = f"no recordings ({', '.join(ENDINGS)}) below it" if place.is_dir() else "no such folder"
        problems.append(f"{place}: {why}")
    return files


def _listed(file: Path, problems: list[str]) -> list[Labelled]:
    try:
        content = file.read_text(encoding="utf-8")
        rows = list(_toml(content)) if file.suffix == ".toml" else list(_tsv(content))
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "not UTF-8"
        problems.append(f"{file}: {(why or 'cannot be read').lower()}")
        return []
    except ValueError as exc:
        problems.append(f"{file}{exc}")
        return []
    return [Labelled(file.parent / name, None if word in NOTHING else word) for name, word in rows]


def _tsv(content: str) -> Iterable[tuple[str, str]]:
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            name, tab, word = line.partition("\t")
            if not tab:
                raise ValueError(f":{number}: expected FILE, a tab, and the wake word in it or -")
            yield name.strip(), word.strip()


def _toml(content: str) -> Iterable[tuple[str, str]]:
    try:
        rows = tomllib.loads(content).get("recording", [])
    except tomllib.TOMLDecodeError as exc:
        raise ValueError(f": {exc}") from exc
    known = {"file", "word"}
    for number, row in enumerate(cast("list[Any]", rows) if isinstance(rows, list) else [rows], 1):
        table = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
        right = "file" in table and set(table) <= known and all(isinstance(v, str) for v in table.values())
        if not right:
            raise ValueError(f": [[recording]] {number}: expected `file` and, where one is said, `word`")
        yield table["file"], table.get("word", "")
