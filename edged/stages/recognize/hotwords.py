"""Phrases to prefer, however they are written down, and what FunASR's weights mean here. Pure.

What is wrong with a phrase is a sentence, and costs that phrase alone.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from edged.stages.recognize.recognizer import Hotword

USUAL = 20.0
"""FunASR's usual weight."""
SCORE = 1.5
"""sherpa-onnx's own boost: what the usual weight means."""
LEAST, MOST = 0.5, 5.0
"""A smaller boost does nothing, a larger one is heard everywhere."""

MOST_WEIGHT = 1000.0
MOST_PHRASES = 500
MOST_LETTERS = 60
"""Of one phrase."""

COMMAS = str.maketrans({"，": ",", "、": ",", ";": ",", "；": ","})


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was understood of a list of phrases."""

    hotwords: tuple[Hotword, ...] = ()
    problems: tuple[str, ...] = ()
    """A sentence for each phrase that is none."""


def score(weight: float | None) -> float:
    """Return the boost that sherpa-onnx gets for a weight: 1.5 at 20, in proportion, and 0.5 to 5."""
    return SCORE if weight is None else min(MOST, max(LEAST, SCORE * weight / USUAL))


def parse_file(raw: bytes) -> Parsed:
    """Read a file of phrases: one a line, UTF-8, as FunASR or sherpa-onnx has it.

    `PHRASE`, `PHRASE WEIGHT` (the last field, where it is a number) or `PHRASE :SCORE`. Empty lines and those
    that begin with `#` are passed over.
    """
    hotwords: list[Hotword] = []
    problems: list[str] = []
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        try:
            text = line.decode().strip()
            if text and not text.startswith("#"):
                hotwords.append(_line(text))
        except UnicodeDecodeError:
            problems.append(f"line {number}: not UTF-8")
        except ValueError as exc:
            problems.append(f"line {number}: {exc}")
    return _bounded(hotwords, problems)


def parse(value: object) -> Parsed:
    """Read what a client asks for: any of the forms that FunASR's clients send.

    value: an object `{PHRASE: WEIGHT}`, whose weights may be strings; that object, or a list, as JSON text; a
    list of phrases; phrases with commas between; words with spaces between, each with its weight after it
    or without; several lines, as in a file. None is none.
    """
    if value is None:
        return Parsed()
    if isinstance(value, str):
        return _text(value.strip())
    if isinstance(value, Mapping):
        return _pairs(cast("Mapping[object, object]", value).items())
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return _pairs((phrase, None) for phrase in cast("Sequence[object]", value))
    return Parsed((), (f"hotwords: {value!r:.40} is no list of phrases",))


def merge(usual: Iterable[Hotword], asked: Iterable[Hotword]) -> tuple[Hotword, ...]:
    """Return both lists as one; where both have a phrase, `asked` tells its weight."""
    found = {hotword.phrase.casefold(): hotword for hotword in usual}
    found |= {hotword.phrase.casefold(): hotword for hotword in asked}
    return tuple(found.values())


def _text(text: str) -> Parsed:
    if text[:1] in ("{", "["):
        try:
            return parse(json.loads(text))
        except (ValueError, RecursionError):
            return Parsed((), (f"hotwords: {text!r:.40} is not JSON",))
    if "\n" in text:
        return parse_file(text.encode(errors="surrogatepass"))
    listed = text.translate(COMMAS)
    if "," in listed:
        return _pairs((phrase, None) for phrase in map(str.strip, listed.split(",")) if phrase)
    pairs: list[tuple[object, object]] = []
    for field in text.split():
        if pairs and pairs[-1][1] is None and _number(field) is not None:
            pairs[-1] = (pairs[-1][0], field)
        else:
            pairs.append((field, None))
    return _pairs(pairs)


def _pairs(pairs: Iterable[tuple[object, object]]) -> Parsed:
    hotwords: list[Hotword] = []
    problems: list[str] = []
    for phrase, weight in pairs:
        try:
            hotwords.append(_hotword(phrase, weight))
        except ValueError as exc:
            problems.append(f"hotwords: {exc}")
    return _bounded(hotwords, problems)


def _bounded(hotwords: list[Hotword], problems: list[str]) -> Parsed:
    if len(hotwords) > MOST_PHRASES:
        problems.append(f"hotwords: {len(hotwords)} phrases; the first {MOST_PHRASES} are taken")
    return Parsed(tuple(hotwords[:MOST_PHRASES]), tuple(problems))


def _line(text: str) -> Hotword:
    *before, last = text.rsplit(maxsplit=1)
    phrase = "".join(before)
    if last.startswith(":"):
        boost = _number(last[1:])
        if boost is None:
            raise ValueError(f"{last!r:.40} is no score")
        return _hotword(phrase, boost * USUAL / SCORE)
    if _number(last) is None:
        return _hotword(text, None)
    return _hotword(phrase, last)


def _hotword(phrase: object, weight: object) -> Hotword:
    if not isinstance(phrase, str):
        raise ValueError(f"{phrase!r:.40} is no phrase")  # noqa: TRY004 - a value of the client's, not of ours
    text = " ".join(phrase.split())
    if not text:
        raise ValueError("no phrase before the weight" if weight is not None else "an empty phrase")
    if len(text) > MOST_LETTERS:
        raise ValueError(f"{text[:20]!r}… is longer than {MOST_LETTERS} letters")
    if not text.isprintable():
        raise ValueError(f"{text!r:.40} holds signs that cannot be printed")
    if weight is None:
        return Hotword(text)
    number = _number(weight)
    if number is None or not 0 < number <= MOST_WEIGHT:
        raise ValueError(f"{text!r}: weight {weight!r:.40} is not above 0 and at most {MOST_WEIGHT:g}")
    return Hotword(text, number)


def _number(value: object) -> float | None:
    """Return what is a finite number, or spells one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
