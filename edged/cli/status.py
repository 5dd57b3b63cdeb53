"""`edged status`: what the running daemon hears, on what, since when."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from edged.runtime.health import Health, clock, health
from edged.runtime.report import Report


def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Say whether edged hears: exit code 0 yes, 1 degraded or muted, 3 no."""
    found = health()
    if as_json:
        print(json.dumps(_document(found), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(found)))
    raise typer.Exit(found.exit_code)


def _document(found: Health) -> dict[str, Any]:
    said = dataclasses.asdict(found.report) if found.report else None
    hears = found.found in ("hearing", "degraded")
    return {"health": found.found, "sentence": found.sentence, "hears": hears, "report": said}


def _lines(found: Health) -> Iterator[str]:
    yield found.sentence
    report = found.report
    if report is None:
        if found.found == "absent":
            yield "start it with `sudo systemctl start edged`, or here with `edged run`"
        return
    if found.found in ("dead", "stuck"):
        yield "see `journalctl -u edged -e`; restart it with `sudo systemctl restart edged`"
        return
    yield from report.degraded
    if report.words:
        yield f"wake words: {', '.join(report.words)}; recognizer: {report.recognizer or 'none'}"
    for backend in report.backends:
        reason = f" ({backend.reason})" if backend.reason else ""
        yield f"{backend.stage}: {backend.provider} {backend.state}{reason}"
    if report.last_wake:
        wake = report.last_wake
        yield f"last wake: {wake.word} at {clock(wake.wall)}, score {wake.score:g}"
    yield from _figures(report)
    yield f"edged {report.version}, process {report.pid}, started {clock(report.started)}"


def _figures(report: Report) -> Iterator[str]:
    if report.level_dbfs is not None:
        yield f"sound level: {report.level_dbfs:g} dBFS"
    if report.temperatures_c:
        yield "temperatures: " + ", ".join(f"{zone} {c:g} °C" for zone, c in report.temperatures_c.items())
    if report.counters:
        yield "counted: " + ", ".join(
            f"{name.replace('_', ' ')} {count}" for name, count in report.counters.items()
        )
