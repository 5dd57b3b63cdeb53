"""Every key of the schema by its dotted name, and what may stand there in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from edged.config.schema import Config, Later, Table

Place = tuple[str | int, ...]
"""Place of a value, with an index for each table in a list: ("heads", "word", 0, "name")."""

SECRET_NAMES = frozenset({"token", "password", "key"})
"""Keys whose value is never printed."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the schema."""

    name: str
    """Dotted, `[]` for a list of tables: `heads.word[].threshold`."""
    form: Mapping[str, Any]
    """Its JSON Schema."""
    later: Later | None
    """Set where the part it belongs to is not built yet."""

    @property
    def allowed(self) -> str:
        """What may stand there, in words."""
        return in_words(self.form)

    @property
    def is_text(self) -> bool:
        """True where nothing but text may stand."""
        forms: list[Mapping[str, Any]] = self.form.get("anyOf", [self.form])
        return all(form.get("type") in {"string", "null"} for form in forms)


def is_secret(path: Place) -> bool:
    """Return whether the value at a place must not be shown."""
    return bool(path) and path[-1] in SECRET_NAMES


def dotted(path: Place) -> str:
    """Return a place as a person writes it: `heads.word[0].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def bracketed(path: Place) -> str:
    """Return the header of the table at a place: `[heads]`, `[[heads.word]]`."""
    names = ".".join(part for part in path if isinstance(part, str))
    return f"[[{names}]]" if path and isinstance(path[-1], int) else f"[{names}]"


def item(annotation: Any) -> type[Table] | None:
    """Return the class of the tables in a list of tables, None for any other type."""
    if get_origin(annotation) is tuple and isinstance(first := get_args(annotation)[0], type):
        return first if issubclass(first, Table) else None
    return None


def step(table: type[Table], part: str | int) -> Any:
    """Return the type of a table's entry, None where the table has no such key."""
    field = table.model_fields.get(part) if isinstance(part, str) else None
    return None if field is None else field.annotation


def table_at(path: Place) -> type[Table] | None:
    """Return the class of the table at a place, None where the schema has no table there."""
    here: Any = Config
    for part in path:
        if isinstance(part, int):
            here = item(here)
        else:
            here = step(here, part) if isinstance(here, type) and issubclass(here, Table) else None
    return here if isinstance(here, type) and issubclass(here, Table) else None


def leaf_of(path: Place) -> Place:
    """Return the part of a place that ends at a key of the schema: what lies inside a value is cut off."""
    for length in range(1, len(path) + 1):
        head = path[:length]
        if isinstance(head[-1], str) and table_at(head) is None:
            inside = item(step(table_at(head[:-1]) or Config, head[-1]))
            if inside is None or length == len(path):
                return head
    return path


def key_at(path: Place) -> Key | None:
    """Return the key at a place, None where the schema has none."""
    table = table_at(path[:-1]) if path else None
    if table is None or step(table, path[-1]) is None:
        return None
    return KEYS.get("".join("[]" if isinstance(p, int) else f".{p}" for p in path).removeprefix("."))


def in_words(form: Mapping[str, Any]) -> str:
    """Return a JSON Schema of one value as words that finish the sentence "must be …"."""
    if "anyOf" in form:
        return " or ".join(in_words(f) for f in form["anyOf"] if f.get("type") != "null")
    if "const" in form:
        return f'"{form["const"]}"'
    if "enum" in form:
        return "one of " + ", ".join(f'"{value}"' for value in form["enum"])
    match form.get("type"):
        case "boolean":
            return "true or false"
        case "integer" | "number":
            return ("a whole number" if form["type"] == "integer" else "a number") + limits(form)
        case "string":
            return text_in_words(form)
        case "array":
            inside = form.get("items")
            if isinstance(inside, dict) and "$ref" not in inside and "prefixItems" not in inside:
                return f"a list of {in_words({**inside})}"
            return "a list of tables" if isinstance(inside, dict) and "$ref" in inside else "a list of lists"
        case _:
            return "a table"


def limits(form: Mapping[str, Any]) -> str:
    """Return the range of a number in words, empty where it has none."""
    low, above, high = form.get("minimum"), form.get("exclusiveMinimum"), form.get("maximum")
    if form["type"] == "integer" and above is not None:
        low = above + 1
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    lower = f" of at least {low:g}" if low is not None else f" above {above:g}" if above is not None else ""
    return lower + (f" and at most {high:g}" if high is not None else "")


def text_in_words(form: Mapping[str, Any]) -> str:
    """Return what a text may be in words."""
    if form.get("format") == "path":
        return "a path"
    if pattern := form.get("pattern"):
        return "one of " + ", ".join(f'"{value}"' for value in pattern.strip("^()$").split("|"))
    if high := form.get("maxLength"):
        return f"text of {form.get('minLength', 0)} to {high} characters"
    return "text"


def _walk(table: type[Table], prefix: str) -> Iterator[Key]:
    properties = table.model_json_schema()["properties"]
    for name, field in table.model_fields.items():
        place = f"{prefix}.{name}".removeprefix(".")
        annotation: Any = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Table):
            yield from _walk(annotation, place)
            continue
        later = next((mark for mark in field.metadata if isinstance(mark, Later)), None)
        yield Key(place, properties[name], later)
        if (inside := item(annotation)) is not None:
            yield from _walk(inside, place + "[]")


KEYS: Mapping[str, Key] = {key.name: key for key in _walk(Config, "")}
"""Every key, in the order of the schema."""
