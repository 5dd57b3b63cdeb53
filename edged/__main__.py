"""`edged` and `python -m edged`: answers a signal from its first line on, then imports the command line."""

import sys
from typing import NoReturn

from edged.command import run_command
from edged.runtime.signals import leave_at_once

STOPPED = 130
"""Exit code of a command that Ctrl-C ended, as a shell gives it."""


def main() -> NoReturn:
    """Run the command line."""
    daemon = sys.argv[1:2] == ["run"]  # asked to stop, it ends well even where it has hardly begun
    restore = leave_at_once(0 if daemon else STOPPED)

    def whole() -> None:
        from edged.cli import app

        if not daemon:
            restore()
        app()

    run_command("edged", whole)


if __name__ == "__main__":
    main()
