"""How far a text is from another one, in words."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from edged.errors import AudioInputError


def words(text: str) -> list[str]:
    """Return the words of a text as recognizers differ in none: small letters, no punctuation."""
    plain = unicodedata.normalize("NFC", text).casefold()
    kept = (letter if letter.isalnum() or letter == "'" else " " for letter in plain)
    return "".join(kept).split()


def errors(said: str, reference: str) -> int:
    """Return how many words must be put in, taken out or replaced to make one text the other."""
    mine, theirs = words(said), words(reference)
    row = list(range(len(theirs) + 1))
    for i, word in enumerate(mine, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(theirs, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def error_rate(pairs: Iterable[tuple[str, str]]) -> float | None:
    """Return the word error rate of (said, reference) pairs together; None where no word was to be said."""
    wrong = total = 0
    for said, reference in pairs:
        wrong += errors(said, reference)
        total += len(words(reference))
    return round(wrong / total, 4) if total else None


def references(files: Iterable[Path], table: Path | None) -> dict[Path, str]:
    """Return what is said in recordings: by a table of `file<TAB>text`, else by the .txt beside each.

    Raises:
        AudioInputError: the table cannot be read, or a line of it is of another form.
    """
    files = list(files)
    if table is None:
        beside = {file: file.with_suffix(".txt") for file in files}
        return {file: _read(text).strip() for file, text in beside.items() if text.is_file()}
    said: dict[str, str] = {}
    for number, line in enumerate(_read(table).splitlines(), 1):
        name, tab, text = line.partition("\t")
        if line.strip() and not tab:
            raise AudioInputError(f"{table}:{number}: expected FILE, a tab, and what is said in it")
        said[name.strip()] = text.strip()
    known = {file: said.get(str(file), said.get(file.name)) for file in files}
    return {file: text for file, text in known.items() if text is not None}


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "not UTF-8"
        raise AudioInputError(f"{file}: {(why or 'cannot be read').lower()}") from exc
