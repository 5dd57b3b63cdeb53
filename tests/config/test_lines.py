"""The scanner finds every key of any TOML document that tomllib accepts, on the line where it was written."""

import json
import tomllib

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from edged.config.lines import line_of, lines

KEYS = st.sampled_from(["a", "b", "c-d", "1", "x.y", "with space", "#no", "=", '"q"', "[z]", ""])
TEXT = st.text(st.sampled_from("ab \"'\\#=[]{}\n,."), max_size=12)


def quoted(key: str) -> str:
    return key if key in {"a", "b", "c-d", "1"} else json.dumps(key)


def triple(text: str) -> str:
    """A text over several lines that may begin and end with quotes of its own."""
    body = text.replace("\\", "\\\\").replace('"""', '""\\"')
    return f'"""\n{body.removesuffix(chr(34) * 3)}"""'


def literal(text: str) -> str:
    return "'''\n" + text.replace("'", "") + "''''"  # one quote of its own before the closing three


SCALARS = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["true", "1979-05-27T07:32:00Z", "1979-05-27", "0xff", "inf", "''", '"""#"""']),
    TEXT.map(lambda text: json.dumps(text)),
    TEXT.map(triple),
    TEXT.map(literal),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(
            lambda vs: "[ # [ {\n" + "".join(f"{v}, # ] }} '\n" for v in vs) + "]"
        ),
        st.lists(inner, min_size=1, max_size=2).map(
            lambda vs: "{" + ", ".join(f"k{i} = {v}" for i, v in enumerate(vs)) + "}"
        ),
    ),
    max_leaves=4,
)


@st.composite
def documents(draw):
    """A TOML text, and the line of each `key =` by its place."""
    text, places, sizes, seen = "", {}, {}, set()

    def assignments(table):
        nonlocal text
        for key in draw(st.lists(KEYS, max_size=4, unique=True)):
            text += draw(st.sampled_from(["", "\n", "# c = 1 [x]\n", "  "]))
            deep = draw(st.booleans())
            places[(*table, key, *(["deep"] if deep else []))] = text.count("\n") + 1
            text += quoted(key) + (" . deep" if deep else "")
            text += f" = {draw(VALUES)}{draw(st.sampled_from(['', ' # end', '  ']))}\n"

    assignments(())
    for _ in range(draw(st.integers(0, 5))):
        name = ("t" + draw(KEYS), *draw(st.sampled_from([(), ("u",), ("u", "v")])))
        header = ".".join(quoted(part) for part in name)
        if draw(st.booleans()) and (name in sizes or name not in seen):
            if name not in sizes and any(s[: len(name)] == name or name[: len(s)] == s for s in seen):
                continue
            sizes[name] = sizes.get(name, 0) + 1
            table, header = (*name, sizes[name] - 1), f"[[ {header} ]]"
        else:
            if name in seen or any(name[: len(s)] == s for s in sizes):
                continue
            table, header = name, f"[ {header} ]"
        seen.add(name)
        text += f"{header} # [[\n"
        assignments(table)
    return text, places


def at(data, place):
    for part in place:
        data = data[part]
    return data


@given(documents())
def test_every_key_of_any_document_is_found_on_its_line(document):
    text, places = document
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        reject()  # a table defined twice: not TOML
    found = lines(text)
    for place, line in places.items():
        at(data, place)  # the place exists
        assert found[place] == line
    for place in found:
        at(data, place)  # nothing is found that is not there


def test_a_value_inside_an_inline_table_has_the_line_of_the_value():
    found = lines('[heads]\nword = [\n  {name = "a"},\n]\n')
    assert line_of(("heads", "word", 0, "name"), found) == 2


def test_a_table_named_only_by_its_children_has_the_line_of_the_first():
    assert line_of(("serve",), lines("\n[serve.wyoming]\nport = 1\n")) == 2


def test_what_is_nowhere_has_no_line():
    assert line_of(("heads",), lines("[listen]\n")) is None


@pytest.mark.parametrize(
    ("text", "place", "line"),
    [
        ("[[w]]\nn=1\n[[w]]\nn=2\n[w.sub]\nx=3\n[[w.deep]]\ny=4\n", ("w", 1, "deep", 0, "y"), 8),
        ("[[w]]\n[w.sub]\nx=1\n[[w]]\n[w.sub]\nx=2\n", ("w", 1, "sub", "x"), 6),
        ('a = """x""""\nb = 1', ("b",), 2),
        ("a = '''\n''''\nb = 1", ("b",), 3),
        ('a = """\\\n  x\\""""\nb = 1', ("b",), 3),
        ("a = 1\r\n\r\nb = 2\r\n", ("b",), 3),
    ],
)
def test_lists_of_tables_and_long_texts_are_followed(text, place, line):
    assert lines(text)[place] == line
    assert at(tomllib.loads(text), place) is not None
