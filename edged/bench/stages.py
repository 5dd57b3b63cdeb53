"""What features and heads cost on each backend that really runs here; for each other, why it does not.

Every backend is opened twice in a process of its own. The first finds all caches empty: kernels are compiled
and the tuner chooses. The second finds what the first left, shows that it computes what the CPU does, and is
measured at the pace of sound. Nothing is estimated: no row without a run.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from edged.backends.child import run_child
from edged.backends.cpu.heads import HeadModel
from edged.backends.openers import OPENERS, FeatureModels, HeadModels, Native
from edged.backends.select import NOT_BUILT
from edged.backends.trial import to_text
from edged.bench import stage_child
from edged.bench.stage_child import Question
from edged.catalog.search import find
from edged.config.schema import Config
from edged.errors import ModelError
from edged.geometry import HOP_SECONDS
from edged.runtime.words import model_name

LIMIT_S = 180.0
"""Seconds a start and its measurement may take, beside the hops themselves."""

COLUMNS = (
    ("cold ms", "cold_ms"),
    ("warm ms", "warm_ms"),
    ("p50 ms", "p50_ms"),
    ("p95 ms", "p95_ms"),
    ("p99 ms", "p99_ms"),
    ("max ms", "max_ms"),
    ("cpu ms", "cpu_ms"),
    ("lock ms", "lock_ms"),
    ("kernel ms", "kernel_ms"),
    ("launches", "launches"),
    ("wakeups/s", "wakeups_per_s"),
)


def run(config: Config, folder: Path | None, hops: int) -> dict[str, Any]:
    """Measure every backend that the configuration's lists name.

    Args:
        config: device, precision, memory limit and words are taken from it.
        folder: of models, looked into first.
        hops: at the pace of sound, per backend.
    """
    rows: list[dict[str, Any]] = []
    absent: list[dict[str, str]] = []
    for stage, provider, models in _asked(config, folder):
        said = models if isinstance(models, str) else _measured(stage, provider, to_text(models), hops)
        if isinstance(said, str):
            absent.append({"stage": stage, "provider": provider, "why": said})
        else:
            rows.append({"stage": stage, "provider": provider, **said})
    return {
        "bench": "stages",
        "unit": "milliseconds: from start to the first answer, with empty and with filled caches; per hop, at"
        " one hop per 80 ms: wall, processor, interpreter's lock held",
        "rows": rows,
        "absent": absent,
    }


def _asked(config: Config, folder: Path | None) -> Iterator[tuple[str, str, Any]]:
    """Yield stage, provider and its models, or a sentence in their place."""
    features, heads = config.features, config.heads
    try:
        computed_with: Any = FeatureModels(
            find(features.melspectrogram, "melspectrogram", folder).files["model"].path,
            find(features.embedding, "embedding", folder).files["model"].path,
            features.device,
            features.precision,
            features.mem_limit_mb,
            features.threads,
        )
    except ModelError as exc:
        computed_with = str(exc)
    for provider in _providers(features.order, features.backend):
        yield "features", provider, _ready(OPENERS.features, provider, computed_with)
    try:
        found = [find(name, "head", folder) for name in dict.fromkeys(map(model_name, heads.word))]
        scored: Any = tuple(HeadModel(each.name, each.files["model"].path, each.labels) for each in found)
    except ModelError as exc:
        scored = str(exc)
    for provider in _providers(heads.order, heads.backend):
        yield "heads", provider, _ready(OPENERS.heads, provider, scored)


def _providers(order: Iterable[str], named: str) -> list[str]:
    return list(dict.fromkeys(["cpu", *order, *([named] if named != "auto" else [])]))


def _ready(table: Mapping[str, Any], provider: str, models: Any) -> Any:
    """Return the models that a provider would be opened with, or why it need not be tried."""
    if isinstance(models, str):
        return models
    if provider not in table:
        return NOT_BUILT
    opener = table[provider]
    if lacks := opener.open.missing(models) if isinstance(opener.open, Native) else "":
        return lacks
    if isinstance(models, tuple):
        served = tuple(head for head in cast("HeadModels", models) if opener.serves(head))
        return served or "has no artifact for any of the words"
    return models


def _measured(stage: str, provider: str, models: str, hops: int) -> dict[str, Any] | str:
    """Return a row, or why there is none."""
    with tempfile.TemporaryDirectory() as cache:
        cold = _ask(Question(stage, provider, models, cache, 0))
        if "why" in cold:
            return str(cold["why"])
        warm = _ask(Question(stage, provider, models, cache, hops))
        if "why" in warm:
            return str(warm["why"])
    return {"cold_ms": cold["start_ms"], "warm_ms": warm.pop("start_ms"), **warm}


def _ask(asked: Question) -> dict[str, Any]:
    limit_s = LIMIT_S + asked.hops * HOP_SECONDS
    try:
        ended = run_child("edged.bench.stage_child", [stage_child.to_text(asked)], limit_s)
    except OSError as exc:
        return {"why": f"no process can be started ({exc})"}
    if ended.status != 0:
        return {"why": f"the process that measures it {ended.how}"}
    return json.loads(ended.answer)


def table(result: Mapping[str, Any]) -> str:
    """Return a result of `run` as text for people."""
    lines = [str(result["unit"]), ""]
    form = "{:<22}" + "{:>11}" * len(COLUMNS) + "  {}"
    lines.append(form.format("", *(title for title, _ in COLUMNS), "on"))
    for row in result["rows"]:
        numbers = [_number(row[key]) for _, key in COLUMNS]
        cut = f"; {row['cut']}" if row["cut"] else ""
        lines.append(
            form.format(
                f"{row['stage']} {row['provider']}", *numbers, f"{row['device']}, {row['precision']}{cut}"
            )
        )
    lines.append("")
    lines += [f"{each['stage']} {each['provider']}: {each['why']}" for each in result["absent"]]
    return "\n".join(lines).rstrip()


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.2f}"
