"""How a process for recordings is started so that it gives way from its first instruction on.

Python takes half a second of processor time to import what it needs: a process that lowers itself afterwards
has taken that from the microphone. Whatever it starts inherits all of this.
"""

import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

NICER = 5
"""Steps of niceness below the microphone's recognizer: what was recorded can wait, a command cannot."""

NICEST = 19

SESSION = 10
"""Niceness of the session where Linux shares the cores among sessions: a tenth of the share of another one.
Less would let recordings starve beside any other work of the machine: 19 is a hundredth.
"""


def lowered(
    nice: int, cpus: Iterable[int] = (), which: Callable[[str], str | None] = shutil.which
) -> list[str]:
    """Return the command that starts another one, which follows it, with less priority.

    `chrt --idle` lets it run only while nothing else wants the core: a thread that wakes takes its place at
    once, which niceness does not promise. What is not installed is left out.

    Args:
        nice: of the microphone's recognizer.
        cpus: where it may run; empty: wherever the scheduler puts it.
        which: finds a program.
    """
    places = ",".join(map(str, sorted(cpus)))
    commands = [
        ["nice", "-n", str(min(NICEST, nice + NICER))],
        ["chrt", "--idle", "0"],
        ["ionice", "-c", "3"],
    ]
    if places:
        commands.append(["taskset", "-c", places])
    return [word for command in commands if which(command[0]) for word in command]


def sink(pid: int) -> None:
    """Lower a process's session as well, where Linux shares the cores among sessions (sched(7), autogroup).

    There, niceness counts within a session only: a recording would weigh as much as the whole daemon.
    """
    with suppress(OSError):  # the kernel has no such groups, or the process is gone
        Path(f"/proc/{pid}/autogroup").write_text(str(SESSION), encoding="ascii")
