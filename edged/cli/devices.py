"""`edged devices`: the microphones of this machine, what to call them, and why one is not taken."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edged.cli.plain import say

if TYPE_CHECKING:
    from edged.stages.audio.cards import Card

NONE = "no sound card that captures is here; plug in a microphone, or use wyoming:tcp://HOST:PORT"


def devices(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list on stdout.")] = False,
) -> None:
    """List the sound cards that capture; nothing is opened for it."""
    from edged.config.load import load
    from edged.stages.audio.cards import capture_cards
    from edged.stages.audio.which import default

    cards = capture_cards()
    taken = default(cards, load(config).config.board.microphones)
    documents = [_document(card, cards, taken) for card in cards]
    if as_json:
        typer.echo(json.dumps(documents, ensure_ascii=False, indent=2))
    elif not documents:
        typer.echo(NONE)
    else:
        _show(documents)


def _document(card: "Card", cards: "Sequence[Card]", taken: "Card | None") -> dict[str, Any]:
    from edged.stages.audio.which import spec_of

    return {
        "spec": spec_of(card, cards),
        "arecord": f"arecord:plughw:CARD={card.id},DEV={card.pcm}",
        "default": card == taken,
        "why_not": card.why_not or None,
        "id": card.id,
        "index": card.index,
        "name": card.name,
        "long_name": card.long_name,
        "rates": card.rates or None,
        "channels": list(card.channels),
        "usb_path": card.usb_path or None,
        "usb_serial": card.usb_serial or None,
        "holder": {"pid": card.holder.pid, "name": card.holder.name} if card.holder else None,
    }


def _show(documents: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0))
    for column in ("source", "name", "Hz", "channels", "USB port", "serial"):
        table.add_column(column, no_wrap=column == "source", overflow="fold")
    for each in documents:
        channels = "/".join(map(str, each["channels"]))
        cells = (each["long_name"], each["rates"], channels, each["usb_path"], each["usb_serial"])
        table.add_row(each["spec"], *(_plain(cell) for cell in cells))
    console = Console()
    console.print(table)
    for line in _notes(documents):
        say(console, line)


def _notes(documents: Sequence[dict[str, Any]]) -> list[str]:
    lines = [f"{each['spec']}: only by name ({each['why_not']})" for each in documents if each["why_not"]]
    for each in documents:
        if holder := each["holder"]:
            by = f"process {holder['pid']}" + (f" ({holder['name']})" if holder["name"] else "")
            lines.append(f"{each['spec']}: in use by {by}")
    taken = next((each["spec"] for each in documents if each["default"]), None)
    return [*lines, f"mic: takes {taken}" if taken else "mic: takes none of these"]


def _plain(text: str | None) -> str:
    """Return what rich prints as it is: names of cards may hold brackets."""
    from rich.markup import escape

    return escape(text or "")
