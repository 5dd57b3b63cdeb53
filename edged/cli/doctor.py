"""`edged doctor`: what is wrong with this machine, and the remedy."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edged.doctor.finding import Finding

COLOURS = {"good": "green", "degraded": "yellow", "broken": "red"}


def doctor(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Look at board, sound, GPU, NPU, models and service: exit code 0 good, 1 degraded, 3 broken."""
    from edged.doctor.examine import document, examine
    from edged.doctor.finding import EXIT_CODES, worst

    findings = list(examine(config))
    state = worst(findings)
    if as_json:
        print(json.dumps(document(findings), ensure_ascii=False, indent=2))
    else:
        _show(findings, state)
    raise typer.Exit(EXIT_CODES[state])


def _show(findings: "Sequence[Finding]", state: str) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("check", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("what, and what to do", overflow="fold")
    last = ""
    for finding in findings:
        colour = COLOURS[finding.state]
        text = escape(finding.what)
        if finding.remedy:
            text += f"\n[bold]→ {escape(finding.remedy)}[/bold]"
        name = finding.check if finding.check != last else ""
        table.add_row(name, f"[{colour}]{finding.state}[/{colour}]", text)
        last = finding.check
    console = Console(highlight=False)
    console.print(table)
    console.print(f"this machine: [{COLOURS[state]}]{state}[/{COLOURS[state]}]")
