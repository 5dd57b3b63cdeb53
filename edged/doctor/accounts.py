"""Users and groups of this machine, and what each may open."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edged.doctor.machine_files import text

SERVICE_USER = "edged"
SERVICE_GROUPS = ("audio", "video", "render")
"""Groups that the unit gives the service: sound, Mali on Armbian, DRM nodes of GPU and NPU."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who runs edged."""

    name: str
    uid: int
    gids: frozenset[int]

    def may(self, file: Path, mode: int = 0o6) -> bool:
        """Return whether it may open a file: 4 read, 2 write, 6 both. Access lists are not looked at.

        Raises:
            OSError: The file is not there, or hidden.
        """
        status = file.stat()
        if self.uid == 0:
            return True
        if self.uid == status.st_uid:
            return status.st_mode >> 6 & mode == mode
        shift = 3 if status.st_gid in self.gids else 0
        return status.st_mode >> shift & mode == mode


def groups() -> Mapping[str, int]:
    """Return the groups of /etc/group by name."""
    return {name: int(gid) for name, gid, _ in _groups()}


def group_name(gid: int) -> str:
    """Return the name of a group, or its number where it has none."""
    return next((name for name, number, _ in _groups() if int(number) == gid), str(gid))


def account(name: str) -> Account | None:
    """Return a user of /etc/passwd with the groups it is in; None where there is none of that name."""
    for line in text("/etc/passwd").splitlines():
        fields = line.split(":")
        if len(fields) >= 4 and fields[0] == name and fields[2].isdecimal() and fields[3].isdecimal():
            member = {int(gid) for _, gid, members in _groups() if name in members.split(",")}
            return Account(name, int(fields[2]), frozenset({int(fields[3]), *member}))
    return None


def with_service_groups(who: Account) -> Account:
    """Return an account as the unit starts it: in the service's groups that this machine has."""
    given = [gid for name, gid in groups().items() if name in SERVICE_GROUPS]
    return Account(who.name, who.uid, who.gids | frozenset(given))


def current() -> Account:
    """Return who asks."""
    uid = os.geteuid()
    for line in text("/etc/passwd").splitlines():
        fields = line.split(":")
        if len(fields) >= 3 and fields[2] == str(uid):
            return Account(fields[0], uid, frozenset({os.getegid(), *os.getgroups()}))
    return Account("root" if uid == 0 else f"user {uid}", uid, frozenset({os.getegid(), *os.getgroups()}))


def how_locked(file: Path) -> str:
    """Return owner and mode of a file as a person reads them: `crw-rw---- root:video`.

    Raises:
        OSError: The file is not there, or hidden.
    """
    status = file.stat()
    owner = "root" if status.st_uid == 0 else f"user {status.st_uid}"
    return f"{stat.filemode(status.st_mode)} {owner}:{group_name(status.st_gid)}"


def _groups() -> list[tuple[str, str, str]]:
    fields = [line.split(":") for line in text("/etc/group").splitlines()]
    return [(each[0], each[2], each[3] if len(each) > 3 else "") for each in fields if _is_group(each)]


def _is_group(fields: list[str]) -> bool:
    return len(fields) >= 3 and fields[2].isascii() and fields[2].isdecimal()
