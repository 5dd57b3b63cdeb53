"""What docs/bench.md says of each JSON document: every key of a real one must be there."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "bench.md"

NAMED_BY_USERS = {
    *("stages_ms", "words", "versions", "sha256", "celsius", "clocks_held_down", "configuration"),
    *("contenders", "absent", "cpu_us_per_hop", "times_edged"),
}
"""Objects whose keys are names of stages, words, packages, files, zones and peers."""


def keys(document: object, parent: str = "") -> set[str]:
    """Every key of a document at any depth."""
    if isinstance(document, dict):
        inner = [keys(value, key) for key, value in document.items()]
        mine = set() if parent in NAMED_BY_USERS and parent != "words" else set(document)
        if parent == "words" and all(isinstance(value, dict) for value in document.values()):
            mine = set()
        return mine.union(*inner)
    return set().union(*(keys(each, parent) for each in document)) if isinstance(document, list) else set()


def missing(document: dict, *sections: str) -> set[str]:
    """Keys of a document that none of these sections, nor the words on spreads and ratios, explain."""
    page = PAGE.read_text(encoding="utf-8")
    intro = page[page.index("## JSON") : page.index("### header")]
    texts = [intro] + [re.search(rf"### {name}\n(.*?)(?=\n### |\Z)", page, re.DOTALL)[1] for name in sections]
    return keys(document) - {word for text in texts for word in re.findall(r"`([a-z0-9_]+)`", text)}
