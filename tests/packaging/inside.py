"""Started by the unit itself, as the daemon is: tries what must not work there, and what must."""

import contextlib
import ctypes
import grp
import json
import os
import pwd
import resource
import socket
from pathlib import Path


def attempt(action) -> str:
    try:
        action()
    except OSError as error:
        return errno_name(error)
    return "done"


def errno_name(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__


def unshare() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(0x10000000) != 0:  # CLONE_NEWUSER
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def raw_network() -> None:
    with contextlib.closing(socket.socket(socket.AF_PACKET, socket.SOCK_RAW)):
        pass


def real_time() -> None:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


PRIORITY = 6
limit, _ = resource.getrlimit(resource.RLIMIT_RTPRIO)
folders = {name: os.environ.get(f"{name}_DIRECTORY", "") for name in ("STATE", "CACHE", "RUNTIME")}
seen = {
    "user": pwd.getpwuid(os.geteuid()).pw_name,
    "groups": sorted(grp.getgrgid(number).gr_name for number in os.getgroups()),
    "nice": os.nice(0),
    "folders": folders,
    "secret": (Path(os.environ["CREDENTIALS_DIRECTORY"]) / "token").read_text(),
    "secret at home": attempt(lambda: Path("/etc/edged/credentials/token").read_text()),
    "write state": attempt(lambda: Path(folders["STATE"], "x").write_text("")),
    "write cache": attempt(lambda: Path(folders["CACHE"], "x").write_text("")),
    "write run": attempt(lambda: Path(folders["RUNTIME"], "x").write_text("")),
    "write etc": attempt(lambda: Path("/etc/x").write_text("")),
    "write opt": attempt(lambda: Path("/opt/edged/x").write_text("")),
    "read home": attempt(lambda: list(Path("/root").iterdir())),
    "read board": attempt(
        lambda: [Path("/proc", name).read_bytes() for name in ("cpuinfo", "stat", "meminfo")]
    ),
    "namespace": attempt(unshare),
    "raw network": attempt(raw_network),
    "may be real time": limit >= PRIORITY,
    "real time": attempt(real_time),
    "become root": attempt(lambda: os.setuid(0)),
}
Path(folders["STATE"], "inside.json").write_text(json.dumps(seen))
