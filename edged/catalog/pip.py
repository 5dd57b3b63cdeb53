"""Pip in a child that never outlives the call, heard line by line and ended in time."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

_NO_CONNECTION = re.compile(r"connection broken by (.+)': /")


def run_pip(
    command: Sequence[str], temporary: Path, heard: Callable[[str], None], limit_s: float | None = None
) -> tuple[int, str]:
    """Run a command to its end; return its exit status and what it said on stderr.

    Args:
        command: pip's command line.
        temporary: folder for what it unpacks: its own default is memory on many boards.
        heard: takes each line of its standard output.
        limit_s: seconds after which it is ended, and says so; None: as long as it takes.
    """
    errors = temporary / "pip-errors.txt"  # a file, so that a full pipe cannot stop it
    with (
        errors.open("w+", errors="replace") as stderr,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            errors="replace",
            env={**os.environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"},
        ) as child,
    ):
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        ending = threading.Timer(limit_s or 0.0, end)
        try:
            if limit_s is not None:
                ending.start()
            for line in child.stdout or ():
                heard(line)
            status = child.wait()
        except BaseException:  # also Ctrl-C: the child goes before its folder does
            child.kill()
            raise
        finally:
            ending.cancel()
        stderr.seek(0)
        said = stderr.read()
    return status, f"{said}\nERROR: it took longer than {limit_s:g} s" if late.is_set() else said


def pip_reason(status: int, said: str) -> str:
    """Return why pip failed, from its exit status and what it said on stderr."""
    if "DO NOT MATCH THE HASHES" in said:
        return "what pip found has another sha256 than the catalog's, so it was refused"
    if "No module named pip" in said:
        return f"{sys.executable} has no pip to fetch it with"
    if broken := _NO_CONNECTION.findall(said):  # pip goes on to say that there is no such version
        return f"the package index does not answer ({broken[-1].strip(chr(39))[:200]})"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    words = errors[-1].removeprefix("ERROR: ") if errors else f"exit status {status}"
    return f"pip could not fetch it ({words[:300]})"
