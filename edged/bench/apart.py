"""What two sides of a comparison heard in the same recordings, and where they differ."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edged.bench.hearing import Heard
from edged.bench.wording import error_rate

Answer = Mapping[str, Any]
"""To a round whose scores were kept."""


def _heard(answer: Answer) -> list[Heard]:
    return [
        Heard([(word, at) for word, at in one["activations"]], one["texts"], one["scores"])
        for one in answer["heard"]
    ]


def scores(first: Sequence[Answer], about: Sequence[Answer], files: Sequence[Path]) -> dict[str, Any]:
    """Return how far the scores of the words that both sides have are apart, and where most."""
    columns = [dict(zip(said["words"], said["columns"], strict=True)) for said in about]
    words = [word for word in columns[0] if word in columns[1]]
    largest: dict[str, Any] = {}
    for word in words:
        best: dict[str, Any] = {"max_dscore": 0.0, "file": None, "hop": None, "hops": 0}
        for file, one, other in zip(files, _heard(first[0]), _heard(first[1]), strict=True):
            mine, theirs = _curve(one, columns[0][word]), _curve(other, columns[1][word])
            differences = [abs(score - other) for score, other in zip(mine, theirs, strict=False)]
            best["hops"] += len(differences)
            largest_here = max(differences, default=0.0)
            if largest_here > best["max_dscore"]:
                hop = differences.index(largest_here)
                best |= {"max_dscore": round(largest_here, 6), "file": str(file), "hop": hop}
        largest[word] = best
    apart_in_all = [each["max_dscore"] for each in largest.values()]
    return {
        "words": largest,
        "max_dscore": max(apart_in_all) if apart_in_all else None,
        "words_of_one_side": sorted({*columns[0]} ^ {*columns[1]}),
    }


def decisions(first: Sequence[Answer], files: Sequence[Path]) -> dict[str, Any]:
    """Return whether both woke at the same words in the same hops, and every recording where they did not."""
    pairs = zip(files, _heard(first[0]), _heard(first[1]), strict=True)
    differing = [
        {"file": str(file), "a": one.activations, "b": other.activations}
        for file, one, other in pairs
        if one.activations != other.activations
    ]
    counts = [sum(len(one.activations) for one in _heard(answer)) for answer in first]
    return {"a": counts[0], "b": counts[1], "equal": not differing, "differing": differing}


def texts(first: Sequence[Answer], files: Sequence[Path]) -> dict[str, Any]:
    """Return how far B's texts are from A's, and every recording where they differ."""
    pairs = [
        (str(file), " ".join(one.texts), " ".join(other.texts))
        for file, one, other in zip(files, _heard(first[0]), _heard(first[1]), strict=True)
    ]
    differing = [{"file": file, "a": mine, "b": theirs} for file, mine, theirs in pairs if mine != theirs]
    wer = error_rate((theirs, mine) for _, mine, theirs in pairs)
    return {"wer": wer, "equal": not differing, "differing": differing}


def _curve(heard: Heard, column: int) -> list[float]:
    return [row[column] for row in heard.scores]
