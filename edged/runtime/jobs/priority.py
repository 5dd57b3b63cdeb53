"""How a process for recordings is started so that it gives way from its first instruction on.

Python takes half a second of processor time to import what it needs: a process that lowers itself afterwards
has taken that from the microphone. Whatever it starts inherits all of this.
"""

import shutil
from collections.abc import Callable, Iterable

NICER = 5
"""Steps of niceness below the microphone's recognizer: what was recorded can wait, a command cannot."""

NICEST = 19


def lowered(
    nice: int, cpus: Iterable[int] = (), which: Callable[[str], str | None] = shutil.which
) -> list[str]:
    """Return the command that starts another one, which follows it, with less priority.

    It goes on slowly where others want every core: SCHED_IDLE let the client of a busy machine wait
    over a minute for the text of three seconds, and spared a path that has real-time priority nothing. As
    SCHED_BATCH it takes no core from a thread that just runs. What is not installed is left out.

    Args:
        nice: of the microphone's recognizer.
        cpus: where it may run; empty: wherever the scheduler puts it.
        which: finds a program.
    """
    places = ",".join(map(str, sorted(cpus)))
    commands = [
        ["nice", "-n", str(min(NICEST, nice + 2 * NICER))],
        ["chrt", "--batch", "0"],
        ["ionice", "-c", "3"],
    ]
    if places:
        commands.append(["taskset", "-c", places])
    return [word for command in commands if which(command[0]) for word in command]
