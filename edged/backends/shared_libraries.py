"""Where shared libraries of this machine lie, told without loading them."""

from pathlib import Path

from edged.config.sysroot import on_machine

FOLDERS = (
    "/usr/lib/aarch64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib",
    "/lib",
    "/usr/lib64",
    "/lib64",
    "/usr/local/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/x86_64-linux-gnu",
)
"""Where the dynamic linker of 64-bit Linux looks, beside what /etc/ld.so.conf adds."""


def libraries(name: str) -> list[Path]:
    """Return the files that a library name can mean, each once, in the order of the search."""
    if name.startswith("/"):
        return [on_machine(name)] if is_there(name) else []
    folders = [*FOLDERS, *_configured()]
    here = [on_machine(f"{folder}/{name}") for folder in folders if is_there(f"{folder}/{name}")]
    return list({file.resolve(): file for file in here}.values())


def is_there(path: str) -> bool:
    """Return whether a path exists; False also where it is hidden."""
    try:
        return on_machine(path).exists()
    except OSError:
        return False


def found(folder: str, pattern: str) -> list[Path]:
    """Return what is in a folder, sorted; nothing where it cannot be listed."""
    try:
        return sorted(on_machine(folder).glob(pattern))
    except OSError:
        return []


def _configured() -> list[str]:
    """Return the folders that /etc/ld.so.conf.d adds, where Mali's libraries are often put."""
    lines = [line for file in found("/etc/ld.so.conf.d", "*.conf") for line in _lines(file)]
    return [line for line in lines if line.startswith("/")]


def _lines(file: Path) -> list[str]:
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return []
