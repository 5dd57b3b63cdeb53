"""What was heard so far: no sound, only hours and the highest peaks of each word, with their times. Bounded.

A file of its own, so that listening can be ended and gone on with. A word that now has another model, or
rules that decide otherwise, is not mixed with what was heard before.
"""

import heapq
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edged.config.write import replace
from edged.errors import ConfigError, OverlayError
from edged.geometry import HOP_SECONDS

NAME = "calibration.json"

KEPT = 500
"""Peaks kept of each word, the highest: 20 make the tail, the others tell what chance might have made."""

FILES = 5000
"""Recordings remembered as heard, the newest, so that none counts twice."""

Moment = tuple[float, str]
"""What a peak would wake at, and when it was."""


@dataclass(slots=True)
class Heard:
    """One word."""

    identity: str
    """Of its model and of all that decides what a hop wakes at."""
    hops: int = 0
    peaks: list[Moment] = field(default_factory=list[Moment])
    """A heap: the lowest first."""

    @property
    def hours(self) -> float:
        """Hours of sound."""
        return self.hops * HOP_SECONDS / 3600

    @property
    def scores(self) -> list[float]:
        """What each peak would wake at, highest first."""
        return sorted((score for score, _ in self.peaks), reverse=True)

    @property
    def highest(self) -> list[Moment]:
        """Return the peaks, highest first."""
        return sorted(self.peaks, reverse=True)

    def add(self, score: float, when: str) -> None:
        """Remember a peak, if it is one of the highest."""
        if len(self.peaks) < KEPT:
            heapq.heappush(self.peaks, (score, when))
        else:
            heapq.heappushpop(self.peaks, (score, when))

    def leave_out(self, when: str) -> int:
        """Forget the peaks whose time begins so, and return how many: it was the word, spoken on purpose."""
        before = len(self.peaks)
        self.peaks = [peak for peak in self.peaks if not peak[1].startswith(when)]
        heapq.heapify(self.peaks)
        return before - len(self.peaks)


@dataclass(slots=True)
class Record:
    """All words, by name."""

    words: dict[str, Heard] = field(default_factory=dict[str, Heard])
    files: list[str] = field(default_factory=list[str])
    """sha256 of the recordings that were heard."""

    def word(self, name: str, identity: str, file: Path) -> Heard:
        """Return what was heard of a word.

        Raises:
            ConfigError: it was another model, or rules that decide otherwise.
        """
        heard = self.words.setdefault(name, Heard(identity))
        if heard.identity != identity:
            raise ConfigError(
                f"{file}: {name} was heard with another model, patience, speech gate or noise suppression; "
                "--fresh forgets all that was heard"
            )
        return heard


def read(file: Path) -> Record:
    """Return what a file holds; an empty record where there is none.

    Raises:
        ConfigError: it cannot be read, or is none of ours.
    """
    try:
        said: Any = json.loads(file.read_text(encoding="utf-8"))
        words = {str(name): _heard(word) for name, word in said["words"].items()}
        return Record(words, [str(digest) for digest in said["files"]])
    except FileNotFoundError:
        return Record()
    except OSError as exc:
        raise ConfigError(f"{file}: {(exc.strerror or str(exc)).lower()}") from exc
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise ConfigError(f"{file}: damaged, or no record of `edged calibrate`; --fresh begins anew") from exc


def write(record: Record, file: Path) -> None:
    """Keep a record.

    Raises:
        OverlayError: it cannot be written.
    """
    words = {
        name: {"identity": heard.identity, "hops": heard.hops, "peaks": list(_rounded(heard))}
        for name, heard in record.words.items()
    }
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace(file, json.dumps({"v": 1, "words": words, "files": record.files[-FILES:]}) + "\n")
    except OSError as exc:
        why = (exc.strerror or str(exc)).lower()
        raise OverlayError(f"{file}: {why}; --record names another file for what is heard") from exc


def _rounded(heard: Heard) -> Iterator[tuple[float, str]]:
    for score, when in heard.highest:
        yield float(f"{score:.6g}"), when


def _heard(word: Mapping[str, Any]) -> Heard:
    peaks = [(float(score), str(when)) for score, when in word["peaks"]]
    if not all(0 <= score <= 1 for score, _ in peaks) or int(word["hops"]) < 0:
        raise ValueError("out of range")
    heapq.heapify(peaks)
    return Heard(str(word["identity"]), int(word["hops"]), peaks[:KEPT])
