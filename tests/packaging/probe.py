"""Runs as root in a booted Debian: installs the package, then treats the service as owners and bad days do.

Writes /results/results.json: per section what was seen, judged by test_nspawn.py, or how the section broke.
"""

import json
import os
import signal
import subprocess
import time
import traceback
from collections.abc import Callable
from pathlib import Path

RESULTS = Path("/results/results.json")
CONFIG = Path("/etc/edged/edged.toml")
DROP_IN = Path("/etc/systemd/system/edged.service.d/test.conf")
EVENTS = Path("/var/lib/edged/events.jsonl")
GOOD = """
[audio]
source = "wav:/srv/probe/sound.wav"
[models]
dir = "/srv/probe/models"
accept_licences = ["CC-BY-NC-SA-4.0"]
[sinks.jsonl]
path = "/var/lib/edged/events.jsonl"
"""


def sh(*command: str, timeout: float = 120) -> dict:
    began = time.monotonic()
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, check=False
    )
    said = done.stdout.decode(errors="replace")
    return {"code": done.returncode, "said": said, "seconds": round(time.monotonic() - began, 2)}


def show() -> dict[str, str]:
    names = "ActiveState,SubState,Result,MainPID,NRestarts,ExecMainStatus,ExecMainCode,StatusText"
    lines = sh("systemctl", "show", "edged", f"--property={names}")["said"].splitlines()
    return dict(line.split("=", 1) for line in lines)


def until(true: Callable[[], object], seconds: float = 60) -> float:
    """Wait for something to become true; return how long that took."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds} s; {show()}; {journal()[-3000:]}")
        time.sleep(0.05)
    return round(time.monotonic() - began, 2)


def journal() -> str:
    """What the daemon and systemd said since the section began."""
    return sh("journalctl", "-u", "edged", "-o", "cat", "--no-pager", f"--after-cursor={cursor}")["said"]


def mark() -> str:
    return (
        sh("journalctl", "-n", "1", "--show-cursor", "--no-pager")["said"].rsplit("-- cursor: ", 1)[1].strip()
    )


def config(more: str = "", base: str = GOOD) -> None:
    CONFIG.write_text(base + more)


NO_CGROUP = "219"
"""What systemd says where it could not put the service into its group, before the first line of ours ran."""


def start() -> dict:
    """Start; again where systemd itself failed: in a container the kernel takes an old group away late."""
    for _ in range(3):
        EVENTS.unlink(missing_ok=True)
        started = sh("systemctl", "start", "edged")
        if show()["ExecMainStatus"] != NO_CGROUP:
            break
        afresh()
    return started


def stop() -> dict:
    return {**sh("systemctl", "stop", "edged"), **show()}


def hearing() -> dict[str, str]:
    """Start, and say of what; nothing is sent a signal that does not run."""
    started = start()
    if started["code"] != 0:
        raise RuntimeError(f"it did not start: {started['said']}\n{journal()[-3000:]}")
    return show()


def again(before: dict[str, str]) -> float:
    """Wait for another process of the service; return how long it took to hear."""

    def another() -> bool:
        now = show()
        return now["ActiveState"] == "active" and now["MainPID"] not in ("0", before["MainPID"])

    return until(another)


def afresh() -> None:
    sh("systemctl", "stop", "edged")
    sh("systemctl", "reset-failed", "edged")


def heard(event: str, times: int = 1) -> bool:
    told = EVENTS.read_text() if EVENTS.exists() else ""
    return told.replace(" ", "").count(f'"event":"{event}"') >= times


def install() -> dict:
    seen = {"dpkg": sh("dpkg", "--install", *map(str, Path("/srv/probe").glob("*.deb")))}
    seen["twice"] = sh("dpkg", "--install", *map(str, Path("/srv/probe").glob("*.deb")))
    seen |= {"enabled": sh("systemctl", "is-enabled", "edged")["said"].strip(), "state": show()}
    seen |= {"id": sh("id", "edged")["said"], "version": sh("edged", "--version")}
    seen["bench"] = sh("edged-bench", "--help")
    folders = ("/var/lib/edged/models", "/etc/edged/credentials", str(CONFIG))
    seen["owners"] = {name: sh("stat", "--format=%U %a", name)["said"].strip() for name in folders}
    seen["verify"] = sh("systemd-analyze", "verify", "--man=no", "edged.service")
    rules = sh("udevadm", "test", "/sys/class/mem/null")["said"].splitlines()
    seen["rules"] = [line for line in rules if "40-edged.rules" in line]
    seen["files"] = sh("dpkg", "--verify", "edged")
    return seen


def not_accepted() -> dict:
    config(base=GOOD.replace("accept_licences", "# accept_licences"))
    return {"start": start(), **show(), "journal": journal()}


def wrong_key() -> dict:
    config("[heads]\ntreshold = 0.5\n")
    return {"start": start(), **show(), "journal": journal()}


def sandbox() -> dict:
    """What a process sees that is started exactly as the daemon is."""
    secret = Path("/etc/edged/credentials/token")
    secret.write_text("open sesame")
    secret.chmod(0o600)
    DROP_IN.parent.mkdir(exist_ok=True)
    example = Path("/usr/share/doc/edged/examples/credentials.conf").read_text()
    DROP_IN.write_text(f"{example}\nExecStartPre=/usr/bin/python3.11 /srv/probe/inside.py\n")
    sh("systemctl", "daemon-reload")
    config()
    seen = {"start": start(), **show()}
    in_its_mounts = ("nsenter", "--mount", f"--target={seen['MainPID']}", "--", "sh", "-c")
    seen["root writes"] = sh(*in_its_mounts, f"echo >>{CONFIG}")["said"]
    seen["inside"] = json.loads(Path("/var/lib/edged/inside.json").read_text())
    DROP_IN.unlink()
    sh("systemctl", "daemon-reload")
    return seen


def reload() -> dict:
    config()
    seen = {"before": hearing()}
    config("[heads]\nthreshold = 0.6\n")
    seen["good"] = sh("systemctl", "reload", "edged")
    until(lambda: "in force now: heads" in journal())
    config("[heads]\ntreshold = 0.6\n")
    seen["bad"] = sh("systemctl", "reload", "edged")
    until(lambda: "the old one stays" in journal())
    config()
    return {**seen, "after": show(), "journal": journal()}


def killed() -> dict:
    before = hearing()
    sh("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "edged")
    return {"seconds": again(before), "before": before, "after": show()}


def stuck() -> dict:
    """A process that the kernel stopped beats no more: only systemd can help."""
    before = hearing()
    os.kill(int(before["MainPID"]), signal.SIGSTOP)
    return {"seconds": again(before), "before": before, "after": show(), "journal": journal()}


def microphone() -> dict:
    """Absent at the start, plugged in, pulled out, plugged in: what status and events say, and how soon."""
    unplugged = Path("/var/lib/edged/unplugged")
    unplugged.touch()
    config(base=GOOD.replace("wav:/srv/probe/sound.wav", "arecord:kitchen"))
    seen = {"start": start(), "absent": show()}
    unplugged.unlink()
    seen["plugged in"] = until(lambda: "deaf" not in show()["StatusText"])
    until(lambda: heard("activation"))
    unplugged.touch()
    until(lambda: "deaf" in show()["StatusText"])
    seen["pulled out"] = show()
    time.sleep(5)  # long enough for the waits between two tries to grow
    unplugged.unlink()
    seen["back after"] = until(lambda: "deaf" not in show()["StatusText"])
    until(lambda: heard("device", times=4))
    return {**seen, "events": EVENTS.read_text(), "stop": stop()}


def stopped() -> dict:
    """SIGTERM at three moments: hearing, with a command open, and while it still opens its models."""
    hearing()
    seen = {"hearing": stop()}
    hearing()
    until(lambda: heard("listening"))
    seen["command"] = {**stop(), "events": EVENTS.read_text()}
    EVENTS.unlink()
    sh("systemctl", "start", "--no-block", "edged")
    until(lambda: listens_to_sigterm(show()["MainPID"]))
    seen["starting"] = stop()
    seen["left behind"] = processes()
    return seen


def listens_to_sigterm(pid: str) -> bool:
    """Tell whether the process has begun: before Python runs its first line, the kernel ends it instead.

    That end, too, counts as a clean one for systemd; only its status is another.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    caught = next((line for line in status.splitlines() if line.startswith("SigCgt:")), "SigCgt: 0")
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def processes() -> str:
    """Return the command lines of all that runs as the daemon's user."""
    user = Path("/var/lib/edged").stat().st_uid
    mine = [each for each in Path("/proc").glob("[0-9]*") if each.stat().st_uid == user]
    return "\n".join((each / "cmdline").read_text() for each in mine)


def crash_loop() -> dict:
    """A recording that is not there is no fault of the configuration: tried again, and not for ever."""
    config(base=GOOD.replace("sound.wav", "nowhere.wav"))
    start()
    until(lambda: "Start request repeated too quickly" in journal())
    return {**show(), "journal": journal()}


def remove() -> dict:
    config()
    sh("systemctl", "enable", "edged")
    seen = {"before": hearing(), "remove": sh("dpkg", "--remove", "edged")}
    left = ("/opt/edged", "/usr/bin/edged", str(CONFIG), "/var/lib/edged")
    seen |= {"left": [name for name in left if Path(name).exists()], "processes": processes()}
    seen["links"] = list(map(str, Path("/etc/systemd/system").rglob("edged.service")))
    seen["purge"] = sh("dpkg", "--purge", "edged")
    seen["left after purge"] = [name for name in left if Path(name).exists()]
    return seen


def by_script() -> dict:
    """The other way in, from a checkout and a folder of wheels."""
    script = "/srv/probe/checkout/scripts/install-on-board"
    seen = {"first": sh(script, "--wheels", "/srv/probe/wheels", timeout=300)}
    config()
    seen["start"] = {**start(), **show()}
    seen["second"] = {**sh(script, "--wheels", "/srv/probe/wheels", timeout=300), **show()}
    seen["package"] = sh("dpkg", "--install", *map(str, Path("/srv/probe").glob("*.deb")))
    seen["uninstall"] = {**sh(script, "--uninstall"), "processes": processes()}
    return {
        **seen,
        "left": [name for name in ("/opt/edged", "/usr/bin/edged", str(CONFIG)) if Path(name).exists()],
    }


SECTIONS = (
    install,
    not_accepted,
    wrong_key,
    sandbox,
    reload,
    killed,
    stuck,
    microphone,
    stopped,
    crash_loop,
    remove,
    by_script,
)


if __name__ == "__main__":
    results = {}
    try:
        for section in SECTIONS:
            cursor = mark()
            try:
                results[section.__name__] = section()
            except Exception:  # noqa: BLE001 - the tests that want this section fail with it
                results[section.__name__] = {"broke": traceback.format_exc()}
            RESULTS.write_text(json.dumps(results))
            afresh()
    finally:
        sh("systemctl", "poweroff", "--force")
