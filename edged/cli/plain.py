"""A line for a person as it is: brackets are no markup, numbers have no colour, and nothing is cut."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def say(console: "Console", line: str, style: str | None = None) -> None:
    """Print it; it may be longer than the terminal is wide."""
    console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)
