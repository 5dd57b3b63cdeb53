"""Which heads of a configuration were compiled for the NPU, and where that lies."""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path

from edged.backends.cpu.heads import HeadModel, OnNpu
from edged.backends.rknn.shadow import SAFE_FROM
from edged.catalog.places import places
from edged.catalog.read import SHEET, read_model
from edged.catalog.verify import sha256_of
from edged.config.schema import Heads, Word
from edged.errors import ConfigError, ModelError

log = logging.getLogger(__name__)

KIND = b"compiled"
"""In the bytes of every model.toml of that kind: the others need not be parsed for this."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One model of kind `compiled`."""

    sheet: Path
    heads: frozenset[str]
    """sha256 of the ONNX files that its graphs were made from."""


def wants_npu(asked: Heads) -> bool:
    """Say whether a configuration has a place for the NPU."""
    return asked.backend == "rknn" or (asked.backend == "auto" and "rknn" in asked.order)


def with_npu(
    heads: tuple[HeadModel, ...], names: Mapping[str, str], asked: Heads, folder: Path | None
) -> tuple[HeadModel, ...]:
    """Return the heads, each with what was compiled of it, where the configuration wants the NPU at all.

    Args:
        heads: as the CPU serves them.
        names: what the configuration calls a head to the name of its HeadModel.
        asked: of the configuration.
        folder: `models.dir`.
    """
    found = tuple(installed(folder)) if wants_npu(asked) else ()
    if not found:
        return heads
    lowest = _lowest(names, asked)
    return tuple(_with(head, found, asked.npu_core, lowest.get(head.name, 1.0)) for head in heads)


def _with(head: HeadModel, found: tuple[Compiled, ...], core: int, lowest: float) -> HeadModel:
    digest = sha256_of(head.path)
    sheets = tuple(each.sheet for each in found if digest in each.heads)
    if not sheets:
        return head
    if lowest < SAFE_FROM:
        log.info(
            "%s stays on the CPU: at a threshold or rearm_below under %g the NPU is not exact enough",
            head.name,
            SAFE_FROM,
        )
        return head
    return replaced(head, npu=OnNpu(sheets, core))


def too_low(asked: Heads, on_npu: Collection[str]) -> None:
    """Refuse, while running, rules that the NPU is not exact enough for.

    Raises:
        ConfigError: a word of one of these heads, by the name it is asked for, counts at too low a score.
    """
    for word in asked.word:
        if (word.model or word.name) in on_npu and _deciding(word, asked) < SAFE_FROM:
            raise ConfigError(
                f"[[heads.word]] {word.name}: a threshold or rearm_below under {SAFE_FROM:g} is too low for "
                "the NPU: restart edged, and this word stays on the CPU"
            )


def _lowest(names: Mapping[str, str], asked: Heads) -> dict[str, float]:
    """Return the lowest score that decides anything, by the name of the HeadModel."""
    lowest: dict[str, float] = {}
    for word in asked.word:
        name = names.get(word.model or word.name, "")
        lowest[name] = min(lowest.get(name, 1.0), _deciding(word, asked))
    return lowest


def _deciding(word: Word, asked: Heads) -> float:
    threshold = asked.threshold if word.threshold is None else word.threshold
    rearm_below = asked.rearm_below if word.rearm_below is None else word.rearm_below
    return min(threshold, rearm_below)


def installed(folder: Path | None) -> Iterator[Compiled]:
    """Yield what is installed; one that cannot be read is told and left out: the CPU serves as well."""
    for place in places(folder):
        try:
            sheets = sorted(place.glob(f"*/{SHEET}"))
        except OSError:
            continue
        for sheet in sheets:
            try:
                if KIND not in sheet.read_bytes():
                    continue
                model = read_model(sheet.parent)
            except (OSError, ModelError) as exc:
                log.warning("%s: not used for the NPU: %s", sheet, exc)
                continue
            heads = (head.sha256 for artifact in model.artifacts for head in artifact.heads)
            yield Compiled(sheet, frozenset(heads))
