"""What `edged models convert` tells: a row per head and form."""

from typing import Any

from rich.console import Console
from rich.table import Table

from edged.catalog.convert.asked import Form, Outcome
from edged.catalog.convert.convert import Converted
from edged.cli.plain import say


def table(converted: Converted, console: Console) -> None:
    """Print what came of a conversion."""
    rows = Table(box=None, padding=(0, 1, 0, 0))
    for column in ("head", "window", "form", "error", "heard", "flips", "outcome"):
        rows.add_column(column, no_wrap=True)
    for each in converted.outcomes:
        found = each.finding
        rows.add_row(
            each.head.name,
            str(each.head.window),
            _form(each.form),
            f"{found.error:.4f}",
            str(found.heard),
            str(found.flips),
            "refused" if found.problem else "converted" if each.fresh else "was there",
        )
    console.print(rows)
    for name, reason in converted.refused.items():
        say(console, f"{name} stays on the CPU: {reason}")
    for artifact in converted.model.artifacts:
        if artifact.cpu_operators:
            left = ", ".join(artifact.cpu_operators)
            text = f"{artifact.file.path.name}: the compiler leaves to the CPU: {left}"
            say(console, text)
    text = f"{converted.model.name}: {converted.model.folder}"
    say(console, text)


def _form(form: Form) -> str:
    """Return it in few letters: a terminal is 80 wide."""
    return "+embedding" if form.embedding is not None else form.layernorm


def document(converted: Converted) -> dict[str, Any]:
    """Return the same for `--json`."""
    return {
        "name": converted.model.name,
        "folder": str(converted.model.folder),
        "heads": [
            *(_row(each) for each in converted.outcomes),
            *({"name": name, "problem": reason} for name, reason in converted.unreadable),
        ],
        "artifacts": [
            {
                "file": str(each.file.path),
                "stage": each.stage,
                "layernorm": each.layernorm,
                "precision": each.precision,
                "window": each.window,
                "columns": list(each.columns),
                "simulator_error": each.simulator_error,
                "npu_operators": each.npu_operators,
                "cpu_operators": list(each.cpu_operators),
                "bytes": each.file.size,
                "toolkit": each.toolkit,
            }
            for each in converted.model.artifacts
        ],
    }


def _row(each: Outcome) -> dict[str, Any]:
    return {
        "name": each.head.name,
        "window": each.head.window,
        "stage": each.form.stage,
        "layernorm": each.form.layernorm,
        "threshold": each.head.threshold,
        "error": each.finding.error,
        "heard": each.finding.heard,
        "flips": each.finding.flips,
        "problem": each.finding.problem or None,
        "fresh": each.fresh,
    }
