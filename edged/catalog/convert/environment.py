"""The compiler's own Python environment, made once in the cache: it wants libraries older than edged's."""

import hashlib
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from edged.catalog.pip import pip_reason, run_pip
from edged.catalog.pull import alone_in
from edged.errors import ModelError

PINS = Path(__file__).with_name("toolkit.txt")
PYTHONS = ("3.11", "3.12", "3.10")
"""Versions of Python that every pinned package has wheels for, x86-64 and aarch64; the best tried first."""
ROOM_BYTES = 1_200_000_000
"""Free bytes that making it takes: 0.7 GB installed, as much again for a moment where pip unpacks."""
LIMIT_S = 1800.0
"""Seconds an installation may take: 350 MB over a slow line."""
PREFIX = "toolkit-"
PARTIAL = ".partial-toolkit-"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Toolkit:
    """An environment that is whole."""

    python: Path
    version: str
    """Of the compiler."""


def version(pins: Path = PINS) -> str:
    """Return the compiler's version."""
    found = re.search(r"^rknn-toolkit2==(\S+)$", pins.read_text(), re.MULTILINE)
    assert found is not None, "toolkit.txt is ours and names it"
    return found[1]


def present(cache: Path, pins: Path = PINS) -> Toolkit | None:
    """Return the environment if it is there.

    Raises:
        ModelError: no Python that fits.
    """
    folder = _folder(cache, pins, _interpreter()[1])
    return Toolkit(folder / "bin" / "python", version(pins)) if folder.exists() else None


def _folder(cache: Path, pins: Path, python: str) -> Path:
    return cache / f"{PREFIX}{hashlib.sha256(pins.read_bytes() + python.encode()).hexdigest()[:12]}"


def ready(cache: Path, say: Say = lambda text: None, pins: Path = PINS) -> Toolkit:
    """Return the environment, made now where it is not there; packages come from the user's index.

    cache: a folder, made if need be. say: told what happens, in a few words.

    Raises:
        ModelError: no Python that fits, no network, no room.
    """
    interpreter, name = _interpreter()
    folder = _folder(cache, pins, name)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with alone_in(cache, lambda: say("another conversion sets the compiler up; waiting for it")):
            if not folder.exists():
                _make(interpreter, folder, pins, say)
    except OSError as exc:
        raise ModelError(f"{exc.filename or cache}: {exc.strerror or exc}") from exc
    return Toolkit(folder / "bin" / "python", version(pins))


def _interpreter() -> tuple[str, str]:
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    if mine in PYTHONS:
        return sys.executable, mine
    for name in PYTHONS:
        if found := shutil.which(f"python{name}"):
            return found, name
    raise ModelError(
        f"the NPU compiler needs Python {', '.join(sorted(PYTHONS))}, this is {mine}: install one of them "
        "beside it, or convert on another machine and copy the result"
    )


def _make(interpreter: str, folder: Path, pins: Path, say: Say) -> None:
    for left in folder.parent.glob(f"{PARTIAL}*"):  # of a conversion that was killed
        shutil.rmtree(left)
    free = shutil.disk_usage(folder.parent).free
    if free < ROOM_BYTES:
        raise ModelError(
            f"{folder.parent}: the NPU compiler needs {ROOM_BYTES / 1e9:.1f} GB while it is installed, "
            f"{free / 1e9:.1f} GB are free"
        )

    def heard(line: str) -> None:
        if line.startswith(("Collecting ", "Installing ")):
            say(line.split(" (")[0].split(":")[0].strip().lower())

    partial = Path(mkdtemp(prefix=PARTIAL, dir=folder.parent))
    try:
        say("making an environment for the NPU compiler, 0.7 GB, once")
        status, said = run_pip(
            [interpreter, "-m", "venv", "--without-pip", str(partial / "env")], partial, heard, LIMIT_S
        )
        if status != 0:
            raise ModelError(f"{interpreter}: cannot make an environment ({_last(said)})")
        command = [
            sys.executable, "-P", "-m", "pip", "--python", str(partial / "env" / "bin" / "python"),
            "install", "--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check",
            "--no-cache-dir", "--progress-bar=off", "--requirement", str(pins),
        ]  # fmt: skip
        status, said = run_pip(command, partial, heard, LIMIT_S)
        if status != 0:
            raise ModelError(
                f"rknn-toolkit2 {version(pins)}: {pip_reason(status, said)}; convert on a machine that "
                "reaches a package index, and copy the result"
            )
        (partial / "env").rename(folder)  # only what is whole gets the name that is looked for
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it does not say why"
