"""The page of the configuration names every key, and is the one that the classes write."""

from pathlib import Path

import pytest

from edged.config.document import as_markdown, described
from edged.config.keys import KEYS

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_committed_page_is_the_one_the_classes_write():
    assert PAGE.read_text(encoding="utf-8") == as_markdown(), "run scripts/update-schemas"


def section(header: str) -> str:
    _, _, rest = as_markdown().partition(f"\n## {header}\n")
    return rest.partition("\n## ")[0]


@pytest.mark.parametrize("name", KEYS)
def test_every_key_is_named_where_it_belongs(name):
    key = KEYS[name]
    if key.later is not None:
        assert f"| `{name}` | {key.later.part} |" in section("Not built yet")
        return
    table, _, last = name.rpartition(".")
    header = f"[[{table[:-2]}]]" if table.endswith("[]") else f"[{table}]"
    (row,) = [line for line in section(header).splitlines() if line.startswith(f"| `{last}` |")]
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert len(cells) == 4
    assert all(cells)


@pytest.mark.parametrize("name", [name for name, key in KEYS.items() if key.later is None])
def test_every_key_that_is_built_says_what_it_does(name):
    assert described(KEYS[name]).endswith((".", "]"))
