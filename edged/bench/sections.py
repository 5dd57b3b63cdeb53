"""The sections of a report's page; whatever they show of a measurement says where in the JSON it is."""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from edged.bench.pointers import at, look_up, step
from edged.bench.results import COLUMNS
from edged.bench.rounds import MEASURES

Result = Mapping[str, Any]

STAGE_KEYS = (
    *("stage", "provider", "cold_ms", "warm_ms", "mean_ms", "p50_ms", "p95_ms", "p99_ms", "max_ms", "cpu_ms"),
    *("lock_ms", "kernel_ms", "launches", "hops", "warm_up_hops", "hops_per_s", "wakeups_per_s"),
    *("idle_share", "peak_memory_mb"),
)

ACCURACY_KEYS = (
    *("said", "heard", "recall", "recall_low", "recall_high", "false_accepts", "false_accepts_per_hour"),
    *("false_accepts_per_hour_low", "false_accepts_per_hour_high"),
)

SPREAD_KEYS = ("median", "iqr", "mad", "min", "max", "n")

SETUP = (
    ("board", "/header/board/model"),
    ("board, as edged calls it", "/header/board/name"),
    ("chip", "/header/soc"),
    ("processor", "/header/cpu/model"),
    ("cores", "/header/cpu/count"),
    ("memory MiB", "/header/memory_mb"),
    ("kernel", "/header/kernel/release"),
    ("kind of kernel", "/header/kernel/kind"),
    ("distribution", "/header/distribution"),
    ("OpenCL drivers", "/header/gpu/opencl_drivers"),
    ("driver of the GPU", "/header/gpu/kernel_driver"),
    ("governor of the GPU", "/header/gpu/governor"),
    ("NPU", "/header/npu"),
    ("power sensor", "/header/power_sensor"),
    ("edged", "/header/edged/version"),
    ("commit", "/header/edged/git"),
    ("date", "/header/date"),
)


def results(result: Result) -> str:
    """Return the table that is posted as well."""
    rows = [[f"/table/{index}/{key}" for key in COLUMNS] for index in range(len(result["table"]))]
    return f"<h2>Results</h2>{_table(result, list(COLUMNS.values()), rows)}"


def stages(result: Result) -> str:
    """Return every number of every backend that ran."""
    count = len(result["stages"]["rows"])
    if not count:
        return ""
    rows = [[f"/stages/rows/{index}/{key}" for key in STAGE_KEYS] for index in range(count)]
    table = _table(result, _titles(STAGE_KEYS), rows)
    return f"<h2>Stages</h2>{table}{_note(at(result, '/stages/unit'))}"


def absent(result: Result) -> str:
    """Return the reason for each backend that did not run."""
    count = len(result["stages"]["absent"])
    if not count:
        return ""
    keys = ("stage", "provider", "why")
    rows = [[f"/stages/absent/{index}/{key}" for key in keys] for index in range(count)]
    return f"<h2>What did not run, and why</h2>{_table(result, ('stage', 'backend', 'reason'), rows)}"


def whole(result: Result) -> str:
    """Return the measures of the whole path."""
    found = result["whole"]
    places = {key: f"/whole/{key}" for key in MEASURES if found[key]}
    places |= {stage: f"/whole/stages_ms{step(stage)}" for stage in found["stages_ms"]}
    rows = [[f"{place}/{key}" for key in SPREAD_KEYS] for place in places.values()]
    table = _table(result, ("", *SPREAD_KEYS), rows, list(places))
    late = _note(f"hops that took longer than they last: {at(result, '/whole/late_hops')}")
    fell = _note(f"fell back: {at(result, '/whole/fallbacks')}") if found["fallbacks"] else ""
    return f"<h2>The whole path</h2>{table}{late}{fell}{_note(at(result, '/whole/unit'))}"


def memory(result: Result) -> str:
    """Return the memory of the daemon."""
    keys = [key for key in result["memory"] if key != "bench"]
    pairs = [(title, f"/memory/{key}") for title, key in zip(_titles(keys), keys, strict=True)]
    return f"<h2>Memory of the daemon without a recognizer</h2>{_pairs(result, pairs)}"


def accuracy(result: Result) -> str:
    """Return recall and false accepts, where labelled recordings were given."""
    found = result["accuracy"]
    if not found:
        return ""
    rows = [[f"/accuracy/words{step(word)}/{key}" for key in ACCURACY_KEYS] for word in found["words"]]
    table = _table(result, ("word", *_titles(ACCURACY_KEYS)), rows, list(found["words"]))
    heard, without = at(result, "/accuracy/hours"), at(result, "/accuracy/negative_hours")
    note = f"{heard} hours heard, {without} of them without a word. {at(result, '/accuracy/unit')}"
    return f"<h2>Accuracy</h2>{table}{_note(note)}"


def setup(result: Result) -> str:
    """Return what was measured on, and with what."""
    header = result["header"]
    pairs = [*SETUP]
    pairs += [("cluster", f"/header/cpu/clusters/{index}") for index in range(len(header["cpu"]["clusters"]))]
    for when in ("before", "after"):
        pairs += [(f"{name.replace('_', ' ')} {when}", f"/header/{when}/{name}") for name in header[when]]
    pairs += [(package, f"/header/versions{step(package)}") for package in header["versions"]]
    for kind in ("models", "recordings"):
        pairs += [(kind[:-1], f"/header/{kind}/{index}") for index in range(len(header[kind]))]
    pairs += [(key, f"/configuration{step(key)}/value") for key in result["configuration"]]
    return f"<h2>Set-up</h2>{_pairs(result, pairs)}"


def _titles(keys: Iterable[str]) -> list[str]:
    return [key.replace("_", " ") for key in keys]


def _note(text: str) -> str:
    return f'<p class="note">{text}</p>'


def _pairs(result: Result, pairs: Iterable[tuple[str, str]]) -> str:
    rows = (f'<tr><th>{html.escape(n)}</th><td class="long">{at(result, p)}</td></tr>' for n, p in pairs)
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'


def _table(
    result: Result, titles: Sequence[str], rows: Sequence[Sequence[str]], names: Sequence[str] = ()
) -> str:
    head = "".join(f"<th>{html.escape(title)}</th>" for title in titles)
    body = ""
    for index, row in enumerate(rows):
        name = f"<th>{html.escape(names[index])}</th>" if names else ""
        body += f"<tr>{name}{''.join(_cell(result, place) for place in row)}</tr>"
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _cell(result: Result, pointer: str) -> str:
    kind = ' class="number"' if isinstance(look_up(result, pointer), int | float) else ""
    return f"<td{kind}>{at(result, pointer)}</td>"
