"""The wake words of a configuration, tied to the columns that a head backend offers."""

import difflib
from dataclasses import dataclass

from edged.catalog.manifest import Model
from edged.config.schema import Heads, Word
from edged.errors import ConfigError
from edged.stages.heads.rule import Rule, rule_of


@dataclass(frozen=True, slots=True)
class Wake:
    """One configured word: where its score is, and when it counts."""

    rule: Rule
    column: int


def model_name(word: Word) -> str:
    """Return the head that a word asks for: by default the one of its own name."""
    return word.model or word.name


def wake(word: Word, heads: Heads, model: Model, columns: tuple[str, ...]) -> Wake:
    """Tie a word to its column among those of the backend that serves its model.

    Raises:
        ConfigError: the head has several outputs and the word names none of them.
    """
    return Wake(rule_of(word, heads, model.lag_ms), columns.index(_column(word, model.name, columns)))


def _column(word: Word, head: str, columns: tuple[str, ...]) -> str:
    mine = [column for column in columns if column == head or column.startswith(f"{head}.")]
    if len(mine) == 1 and not word.output:
        return mine[0]
    wanted = f"{head}.{word.output}"
    if wanted in mine:
        return wanted
    outputs = [column.removeprefix(f"{head}.") for column in mine if column != head]
    if not outputs:
        raise ConfigError(f"[[heads.word]] {word.name}: {head} has one output only; remove the key `output`")
    close = difflib.get_close_matches(word.output, outputs, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else f"; allowed: {', '.join(outputs)}"
    said = f"output '{word.output}' unknown" if word.output else f"{head} has several outputs, name one"
    raise ConfigError(f"[[heads.word]] {word.name}: {said}{hint}")
