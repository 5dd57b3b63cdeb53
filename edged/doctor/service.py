"""The systemd unit: installed, enabled, running, and what its last end means."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping

from edged.doctor.case import Case
from edged.doctor.finding import Finding

NAME = "service"
UNIT = "edged.service"
ASK_S = 5.0
"""Seconds that systemd gets to answer: it may be busy with a start."""

ASKED = (
    "LoadState",
    "UnitFileState",
    "ActiveState",
    "SubState",
    "Result",
    "ExecMainCode",
    "ExecMainStatus",
    "NRestarts",
    "StatusText",
)

MEANING: Mapping[int, tuple[str, str]] = {
    2: ("its command line is wrong", "sudo systemctl cat edged: look at ExecStart="),
    65: ("a model is missing, damaged or its licence not accepted", "see `models` here"),
    66: ("a recording cannot be read", "look at [audio] source"),
    69: ("a backend that was asked for cannot serve", "see `gpu`, `npu` and `stages` here"),
    70: ("a part of it hung or broke", "journalctl -u edged -e shows the stacks of all threads: report them"),
    74: ("events cannot be written", "look at [sinks] and at the disk"),
    78: ("the configuration is wrong", "edged config check"),
    200: ("systemd could not enter its folder", "look at WorkingDirectory= of your drop-ins"),
    203: ("systemd could not start its program", "install edged again: /opt/edged is not whole"),
    216: ("a group of the unit does not exist", "sudo groupadd --system render (audio and video likewise)"),
    217: ("the user of the unit does not exist", "sudo systemd-sysusers, or install edged again"),
    218: ("the kernel refused its capabilities", "look at your drop-ins and at the container it runs in"),
    226: (
        "a folder of the unit is missing or this kernel has no namespaces",
        "sudo systemd-tmpfiles --create",
    ),
    228: ("this kernel has no system call filters", "a drop-in with SystemCallFilter= (empty)"),
    231: ("the kernel refused its control group", "start the machine again; look at your drop-ins"),
    238: ("its state folder cannot be made", "look at the owner of /var/lib/edged"),
    239: ("its cache folder cannot be made", "look at the owner of /var/cache/edged"),
    243: ("a credential of a drop-in is missing", "look at LoadCredential= and at /etc/edged/credentials"),
}
"""Exit codes of edged (errors.py) and of systemd before it starts edged (systemd.exec(5))."""

JOURNAL = "journalctl -u edged -e"


def check(case: Case) -> Iterator[Finding]:
    """Ask systemd about the unit; where there is no systemd that is no fault."""
    program = shutil.which("systemctl")
    said = _show(program) if program else None
    if said is None:
        yield Finding(NAME, "good", "systemd does not run here: edged is started by hand")
        return
    yield from judge(said)


def judge(said: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what the properties of the unit mean."""
    if said.get("LoadState") != "loaded":
        load = said.get("LoadState") or "not told"
        if load == "not-found":
            what, remedy = (
                f"{UNIT} is not installed: nothing starts edged with the machine",
                "sudo scripts/install-on-board",
            )
        elif load == "masked":
            what, remedy = f"{UNIT} is masked: it cannot be started", "sudo systemctl unmask edged"
        else:
            what, remedy = f"{UNIT} cannot be loaded ({load})", "systemd-analyze verify edged.service"
        yield Finding(NAME, "degraded", what, remedy)
        return
    yield from _state(said)
    if said.get("UnitFileState") not in ("enabled", "enabled-runtime", "static", "linked", "alias"):
        what = f"{UNIT} is not enabled: it will not start with the machine"
        yield Finding(NAME, "degraded", what, "sudo systemctl enable edged")
    restarts = said.get("NRestarts", "0")
    if restarts.isdecimal() and int(restarts) > 0:
        what = f"systemd started it again {restarts} times since it was last started by a person"
        yield Finding(NAME, "degraded", what, JOURNAL)


def _state(said: Mapping[str, str]) -> Iterator[Finding]:
    active = said.get("ActiveState", "")
    text = f": {said['StatusText']}" if said.get("StatusText") else ""
    if active in ("active", "reloading"):
        yield Finding(NAME, "good", f"{UNIT} runs{text}")
    elif active in ("activating", "deactivating") and said.get("SubState") != "auto-restart":
        yield Finding(NAME, "degraded", f"{UNIT} is {active}{text}", "wait, then ask again")
    elif active == "inactive" and said.get("Result") in ("success", "", None):
        yield Finding(NAME, "broken", f"{UNIT} is installed and does not run", "sudo systemctl start edged")
    else:
        why, remedy = end_of(said)
        yield Finding(NAME, "broken", f"{UNIT} failed: {why}", remedy)


def end_of(said: Mapping[str, str]) -> tuple[str, str]:
    """Return what the last end of the service means, and the remedy."""
    result, status = said.get("Result", ""), said.get("ExecMainStatus", "")
    code = int(status) if status.isdecimal() else 0
    killed = said.get("ExecMainCode") in ("2", "3", "killed", "dumped")
    if result == "watchdog":
        return (
            "it gave no sign of life in time, and systemd ended it",
            f"{JOURNAL} shows the stacks: report them",
        )
    if result == "timeout":
        return "it was not ready in time", JOURNAL
    if result == "oom-kill":
        return "it needed more memory than it may have", "a smaller recognizer, or MemoryMax= in a drop-in"
    if result == "start-limit-hit":
        return (
            "it failed again and again, and systemd gave up",
            f"{JOURNAL}; then sudo systemctl reset-failed edged",
        )
    if killed:
        return f"signal {code} ended it", JOURNAL
    if code in MEANING:
        why, remedy = MEANING[code]
        return f"{why} (exit code {code})", remedy
    return f"{result or 'no result'} (exit code {code})", JOURNAL


def _show(program: str) -> dict[str, str] | None:
    """Return the properties of the unit; None where no systemd answers."""
    command = [program, "show", UNIT, f"--property={','.join(ASKED)}"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=ASK_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return said if done.returncode == 0 and said else None
