"""The table that people post: one row for each thing that ran, the same columns for all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edged.bench.machine import share_of_memory
from edged.bench.paced import percentile
from edged.geometry import HOP_SECONDS

COLUMNS = {
    "implementation": "implementation",
    "device": "device",
    "backend": "backend",
    "time_s": "time s",
    "rtf": "RTF",
    "speed": "speed ×",
    "memory_mb": "memory MiB",
    "memory_share": "of RAM",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "max_ms": "max ms",
    "energy_j": "energy J",
    "energy_source": "energy by",
}
"""Key in the JSON to its title."""

MEANING = (
    "time: to compute the sound that was measured; RTF: that over the sound's length; speed: its inverse;"
    " memory: peak of the process; p50, p95, max: per hop for features and heads, per recording over the"
    " rounds for the whole path, from the end of a command to its text for the recognizer"
)

Row = dict[str, Any]


def rows(result: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a report; what was not measured has none, what is not known is None."""
    version = result["header"]["edged"]["version"]
    found = [_stage(row, version) for row in result["stages"]["rows"]]
    found += [*_whole(result["whole"], version), *_recognizer(result["asr"], version)]
    return found


def markdown(table: Sequence[Mapping[str, Any]], header: Mapping[str, Any]) -> str:
    """Return the table as people post it, below a line that says on what."""
    board = header["board"]["model"] or header["board"]["name"]
    cores = header["cpu"]["model"] or ", ".join(
        f"{len(each['cpus'])} {each['core']}" for each in header["cpu"]["clusters"]
    )
    git = f" ({header['edged']['git']})" if header["edged"]["git"] else ""
    about = [
        board,
        cores,
        f"kernel {header['kernel']['release']}",
        f"edged {header['edged']['version']}{git}",
    ]
    lines = [", ".join(part for part in about if part), "", "| " + " | ".join(COLUMNS.values()) + " |"]
    lines.append("|" + " --- |" * len(COLUMNS))
    lines += ["| " + " | ".join(_cell(row[key]) for key in COLUMNS) + " |" for row in table]
    return "\n".join([*lines, "", f"{MEANING}.", ""])


def _stage(row: Mapping[str, Any], version: str) -> Row:
    hop_ms, mean_ms = HOP_SECONDS * 1e3, row["mean_ms"]
    return _row(
        implementation=f"edged {version}, {row['stage']}",
        device=row["device"],
        backend=row["provider"],
        time_s=mean_ms * row["hops"] / 1e3,
        rtf=mean_ms / hop_ms,
        memory_mb=row["peak_memory_mb"],
        p50_ms=row["p50_ms"],
        p95_ms=row["p95_ms"],
        max_ms=row["max_ms"],
    )


def _whole(whole: Mapping[str, Any], version: str) -> Iterator[Row]:
    times = whole["rounds_utterance_ms"]
    yield _row(
        implementation=f"edged {version}, whole path",
        device=", ".join(dict.fromkeys(whole["device"].values())),
        backend=", ".join(f"{stage} {provider}" for stage, provider in whole["ran"].items()),
        time_s=whole["utterance_ms"]["median"] * whole["recordings"] / 1e3,
        rtf=whole["rtf"]["median"],
        memory_mb=whole["peak_memory_mb"]["together"],
        p50_ms=percentile(times, 50),
        p95_ms=percentile(times, 95),
        max_ms=max(times),
        energy_j=whole["energy_j"]["median"] if whole["energy_j"] else None,
        energy_source=whole["energy_source"],
    )


def _recognizer(asr: Mapping[str, Any] | None, version: str) -> Iterator[Row]:
    if asr is not None:
        alone, latency = asr["alone"], asr["latency"]
        yield _row(
            implementation=f"edged {version}, recognizer {asr['model']}",
            device=alone["backend"],
            backend=f"sherpa-onnx {alone['backend']}",
            time_s=sum(each["wall_s"] for each in alone["recordings"]),
            rtf=alone["rtf_wall"],
            memory_mb=alone["memory_mb"]["peak_rss"],
            p50_ms=latency["p50_ms"],
            p95_ms=latency["p95_ms"],
            max_ms=latency["max_ms"],
        )


def _row(**known: Any) -> Row:
    """Fill in what follows from what is known, and None for the rest, in the order of the columns."""
    rtf = known["rtf"]
    speed = 1 / rtf if rtf else None
    full = {**known, "speed": speed, "memory_share": share_of_memory(known["memory_mb"])}
    return {key: _rounded(key, full.get(key)) for key in COLUMNS}


def _rounded(key: str, value: Any) -> Any:
    digits = {"speed": 1, "memory_mb": 1, "memory_share": 4, "rtf": 5}
    return round(value, digits.get(key, 3)) if isinstance(value, float) else value


def _cell(value: Any) -> str:
    return "–" if value is None else str(value).replace("|", "\\|")
