"""`edged run` needs no network: it works where every way to one ends the process."""

import os
import subprocess
import sys
from pathlib import Path

from tests.daemon import DEMO, ROOT, TEXT, config, events, models

__all__ = ["config", "models"]

BLOCKER = """
import os, socket, sys

def end_on_network(event, arguments):
    opened = event == "socket.__new__" and arguments[1] not in (socket.AF_UNIX, -1)  # -1: handed over, open
    if opened or event in ("socket.getaddrinfo", "socket.gethostbyname"):
        os.write(2, f"network: {event}\\n".encode())
        os._exit(99)

sys.addaudithook(end_on_network)
"""


def offline(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Python where it, and every Python it starts, ends with 99 on its first step to a network."""
    (folder / "sitecustomize.py").write_text(BLOCKER)
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT}", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_recording_becomes_text_without_any_network(config, tmp_path):
    sink = ("--pace", "fast", "--events", "-")
    done = offline(tmp_path, "-m", "edged", "run", "-c", config, "--source", f"wav:{DEMO}", *sink)
    assert done.returncode == 0, done.stderr
    assert [event["text"] for event in events(done.stdout) if event["event"] == "final"] == [TEXT]


def test_a_step_to_the_network_is_seen_there_and_in_children(tmp_path):
    for step in ("socket.getaddrinfo('localhost', 80)", "socket.socket(socket.AF_INET)"):
        direct = f"import socket; {step}"
        assert offline(tmp_path, "-c", direct).returncode == 99
        child = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', {direct!r}]))"
        assert offline(tmp_path, "-c", child).returncode == 99
