"""What became of looking at a file or folder: taken as a model, or refused with the way out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edged.catalog.manifest import Model

MAX_QUOTE = 60
"""Characters of foreign text shown in a sentence."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence about what was found, and the model where it can be used."""

    what: str
    """What it is, as the rest of a sentence: "a wake-word head …"."""
    way_out: str = ""
    """What to do, where it was refused."""
    model: Model | None = None
    """What to take, with its files where they lie now; None: refused."""
    targets: Mapping[str, str] = field(default_factory=dict[str, str])
    """By role: the path of each file inside the model's folder to be."""

    @property
    def sentence(self) -> str:
        """Say it all in one line."""
        return f"{self.what}: {self.way_out}" if self.way_out else self.what


def refused(what: str, way_out: str) -> Verdict:
    """Return a refusal."""
    return Verdict(what, way_out)


def quoted(text: str) -> str:
    """Return text out of a foreign file as it may be shown in a terminal."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return plain if len(plain) <= MAX_QUOTE else plain[: MAX_QUOTE - 1] + "…"


def as_found(path: Path) -> str:
    """Return what `source` says of a model that was imported."""
    return f"imported: {quoted(path.name)}"
