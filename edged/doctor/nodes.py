"""Whether a device node may be opened by who runs edged."""

from collections.abc import Iterator
from pathlib import Path

from edged.doctor.accounts import SERVICE_GROUPS, Account, group_name, how_locked
from edged.doctor.finding import Finding, State

RULES = "install edged's udev rules (scripts/install-on-board) and start the machine again"


def access(check: str, file: Path, who: Account, locked: State = "degraded") -> Iterator[Finding]:
    """Yield what stands between an account and a node; nothing where it may be opened.

    locked: How bad it is where it may not be.
    """
    try:
        if who.may(file):
            return
        how, group = how_locked(file), group_name(file.stat().st_gid)
    except OSError as exc:
        yield Finding(check, locked, f"{file}: {(exc.strerror or str(exc)).lower()}", RULES)
        return
    remedy = (
        f"sudo usermod -aG {group} {who.name}" if group in SERVICE_GROUPS and _lets_group(file) else RULES
    )
    yield Finding(check, locked, f"{file}: {who.name} may not open it ({how})", remedy)


def _lets_group(file: Path) -> bool:
    return file.stat().st_mode >> 3 & 0o6 == 0o6
