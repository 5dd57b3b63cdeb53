"""Which recordings are asked for, and what each is called: files by name, and Kaldi's `wav.scp`."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edged.errors import AudioInputError


@dataclass(frozen=True, slots=True)
class Item:
    """One recording to recognize."""

    id: str
    """What its output is called."""
    path: Path


def listed(files: Iterable[Path], scp: Path | None, told_apart: bool) -> list[Item]:
    """Return what is asked for, files first.

    Args:
        files: each is called by its name without the ending.
        scp: lines of `ID PATH`, paths relative to the working folder as Kaldi has it.
        told_apart: no two may have one name, since it names their output.

    Raises:
        AudioInputError: the list cannot be read, a line is not `ID PATH`, or two have one name: all at once.
    """
    items = [Item(path.stem, path) for path in files]
    problems: list[str] = []
    if scp is not None:
        for number, line in enumerate(_lines(scp), start=1):
            item = _entry(line) if line.strip() else None
            if isinstance(item, Item):
                items.append(item)
            elif item:
                problems.append(f"{scp}:{number}: {item}")
    if told_apart:
        for name, count in Counter(item.id for item in items).items():
            if count > 1:
                problems.append(f"{name}: {count} recordings have this name, and one output would be lost")
    if problems:
        raise AudioInputError("\n".join(problems))
    return items


def _lines(scp: Path) -> list[str]:
    try:
        return scp.read_text(encoding="utf-8").splitlines()
    except OSError as exc:
        raise AudioInputError(f"{scp}: {(exc.strerror or 'cannot be read').lower()}") from exc
    except ValueError as exc:
        raise AudioInputError(f"{scp}: not a list in UTF-8") from exc


def _entry(line: str) -> Item | str:
    """Return what a line asks for, or what is wrong with it."""
    name, *rest = line.strip().split(maxsplit=1)
    if not rest:
        return f"{name!r} is not ID PATH"
    path = rest[0]
    if path.endswith("|"):
        return f"{name}: commands are not run; name a file"
    if "/" in name or name in (".", ".."):
        return f"{name!r} cannot be the name of a file"
    return Item(name, Path(path))


def printable(name: str | Path) -> str:
    """Return a name as text that every output takes: file names need not be UTF-8."""
    return str(name).encode(errors="replace").decode()
