"""On which line of a TOML file each table and key stands.

`tomllib` forgets lines. This scanner reads a text that `tomllib` already accepted, so it checks nothing: it
only follows headers, keys and the extent of values. What stands inside an inline table or a list has the
line where that value begins.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping

from edged.config.keys import Place

TOKEN = re.compile(
    r'''"""(?:\\[\s\S]|[^\\])*?"""(?:"{1,2}(?!"))?'''  # text over several lines may end in quotes of its own
    r"""|'''[\s\S]*?'''(?:'{1,2}(?!'))?"""
    r"""|"(?:\\.|[^"\\\n])*"|'[^'\n]*'"""
    r"""|\#[^\n]*|\n|[\[\]{}=.,]|[^\s\[\]{}=.,"'\#]+"""
)


def lines(text: str) -> Mapping[Place, int]:
    """Return the line, counted from 1, of every table and every `key =` outside inline tables."""
    found: dict[Place, int] = {}
    sizes: dict[Place, int] = {}  # tables so far in each list of tables
    table: Place = ()
    for line, statement in statements(text):
        if statement[0] == "[":
            is_list = statement[1] == "["
            table = _placed(names(statement[2:-2] if is_list else statement[1:-1]), sizes)
            if is_list:
                table = table[:-1] if isinstance(table[-1], int) else table
                sizes[table] = sizes.get(table, 0) + 1
                table = (*table, sizes[table] - 1)
            path = table
        else:
            path = (*table, *names(statement[: statement.index("=")]))
        for length in range(1, len(path) + 1):
            found.setdefault(path[:length], line)
    return found


def line_of(place: Place, found: Mapping[Place, int]) -> int | None:
    """Return the line of a place, or of the nearest thing around it that has one."""
    return next((found[place[:n]] for n in range(len(place), 0, -1) if place[:n] in found), None)


def statements(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each header or assignment as its first line and its tokens, without comments."""
    tokens: list[str] = []
    line = begin = 1
    depth = 0
    for match in TOKEN.finditer(text):
        token = match[0]
        if token == "\n" and depth == 0:
            if tokens:
                yield begin, tokens
            tokens = []
        elif token != "\n" and token[0] != "#":
            if not tokens:
                begin = line
            tokens.append(token)
            depth += (token in "[{") - (token in "]}")
        line += token.count("\n")
    if tokens:
        yield begin, tokens


def names(tokens: list[str]) -> Place:
    """Return the parts of a dotted key."""
    return tuple(_name(token) for token in tokens if token != ".")


def _name(token: str) -> str:
    return next(iter(tomllib.loads(f"{token} = 0")))


def _placed(path: Place, sizes: Mapping[Place, int]) -> Place:
    """Return a header's place: a list of tables on the way means its newest table."""
    placed: Place = ()
    for part in path:
        placed = (*placed, part)
        if placed in sizes:
            placed = (*placed, sizes[placed] - 1)
    return placed
