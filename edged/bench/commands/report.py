"""`edged-bench report`: everything that is measured on a machine, as a page, its JSON and a table to post."""

import json
from pathlib import Path
from typing import Annotated

import typer

from edged.bench.commands.options import AsJson, ConfigFile


def report(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Recordings of a wake word and a command; default: sound that edged makes."),
    ] = None,
    config: ConfigFile = None,
    out: Annotated[Path, typer.Option(help="Folder for report.html, report.json and report.md.")] = Path(
        "edged-report"
    ),
    positive: Annotated[
        list[str] | None, typer.Option(metavar="WORD=FOLDER", help="For the accuracy, as there.")
    ] = None,
    negative: Annotated[list[Path] | None, typer.Option(help="For the accuracy, as there.")] = None,
    list_: Annotated[list[Path] | None, typer.Option("--list", help="For the accuracy, as there.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the hops, fewer rounds.")] = False,
    plots: Annotated[bool, typer.Option("--plots/--no-plots", help="Plots need matplotlib.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure this machine with a configuration and write the report that its owner would post."""
    from edged.bench import plots as drawing
    from edged.bench.labelled import labelled
    from edged.bench.page import page
    from edged.bench.report import QUICK, Effort, run
    from edged.bench.results import markdown
    from edged.config.load import load
    from edged.errors import SinkError

    if plots:
        drawing.available()
    loaded = load(config, secrets=False)
    given = [*(positive or []), *(negative or []), *(list_ or [])]
    words = [word.name for word in loaded.config.heads.word]
    marked = labelled(positive or [], negative or [], list_ or [], words) if given else []
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").touch()  # what cannot be written is told before minutes of measuring
    except OSError as exc:
        raise SinkError(f"{out}: {(exc.strerror or 'cannot be written').lower()}") from exc
    result = run(loaded, files or [], marked, QUICK if quick else Effort())
    table = markdown(result["table"], result["header"])
    written = {
        "report.json": json.dumps(result, indent=2) + "\n",
        "report.md": table,
        "report.html": page(result, drawing.plots(result) if plots else []),
    }
    for name, content in written.items():
        try:
            (out / name).write_text(content, encoding="utf-8")
        except OSError as exc:
            raise SinkError(f"{out / name}: {(exc.strerror or 'cannot be written').lower()}") from exc
    typer.echo(json.dumps(result, indent=2) if as_json else f"{table}\n{out / 'report.html'}")
