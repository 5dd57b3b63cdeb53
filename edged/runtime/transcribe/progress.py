"""How far it is and how long it will take, for a person at a terminal."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

Told = Callable[[float], object]
"""Called with the bytes of recordings recognized so far."""


@contextmanager
def progress(total: int) -> Generator[Told]:
    """Show progress through so many bytes on standard error, where that is a terminal; else show nothing."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns: list[Any] = [
        TextColumn("recognized"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    ]
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=max(1, total))

        def tell(done: float) -> None:
            shown.update(task, completed=done)

        yield tell
