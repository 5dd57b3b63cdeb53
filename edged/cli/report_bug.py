"""`edged report-bug`: one file for whoever is to find a fault, shown before it is written."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from edged.doctor.bug_report.gather import Part


def report_bug(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
    ] = None,
    clip: Annotated[
        list[str] | None,
        typer.Option("--clip", metavar="ID", help="Add a clip's scores and rules; may be repeated."),
    ] = None,
    sound: Annotated[bool, typer.Option("--sound", help="Add the sound of those clips as well.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; default edged-report-TIME.tar.gz.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write it without asking.")] = False,
) -> None:
    """Gather what a fault is found by: no secrets, no names, no sound unless asked for."""
    from edged.cli.clips import located
    from edged.config.load import load
    from edged.doctor.bug_report.gather import gather
    from edged.doctor.bug_report.pack import packed, save

    if sound and not clip:
        raise typer.BadParameter("--sound is that of clips: name them with --clip")
    homes = [located(each, load(config, secrets=False).config) for each in clip or ()]
    parts = gather(config, homes, sound)
    _show(parts)
    path = out or Path(f"edged-report-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz")
    if not yes:
        typer.confirm(f"write these into {path}?", abort=True)
    archive = packed(parts)
    save(archive, path)
    print(f"{path}: {len(archive):,} bytes; look into it before you send it: tar -xzf {path}")


def _show(parts: "Sequence[Part]") -> None:
    for part in parts:
        print(f"{len(part.content):>10,} bytes  {part.name}  {part.what}")
    print("secrets, names of hosts, people and networks, addresses and serial numbers were taken out")
    if not any(part.sound for part in parts):
        print("no sound is in it")
