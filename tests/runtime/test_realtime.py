"""Sound passes through threads that go before all others; where that is refused, that is said."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edged.bench.faults.subject import Microphone, subject
from edged.bench.memory import children
from edged.runtime.realtime import CAPTURE, NICENESS, PATH, priorities
from tests.daemon import DEMO, ROOT, config, models, write_config

__all__ = ["config", "models"]

ASK = """
import json, logging, os, subprocess, sys, threading
from edged.runtime import realtime

logging.basicConfig(format="%(message)s")
seen = {}

def look(name):
    seen[name] = [os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK, os.sched_getparam(0).sched_priority]

def ask():
    seen["got"] = getattr(realtime, sys.argv[1])()
    look("thread")
    seen["nice"] = os.getpriority(os.PRIO_PROCESS, 0)
    later = threading.Thread(target=look, args=("later",))
    later.start()
    later.join()
    code = "import os; print(os.sched_getscheduler(0))"
    seen["program"] = int(subprocess.run([sys.executable, "-c", code], capture_output=True).stdout)

for _ in range(2):
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
look("others")
print(json.dumps(seen))
"""
FIFO, OTHER = os.SCHED_FIFO, os.SCHED_OTHER


BARE = ("setpriv", "--bounding-set=-sys_nice")
"""Takes the right away that root has, as in the service, whose limits grant it instead."""


def asked(function: str, *before: str, kernel: str = "") -> tuple[dict, str]:
    """What a program gets whose threads ask so.

    Args:
        function: that they ask with.
        before: command that starts the program.
        kernel: what its kernel does otherwise than this one.
    """
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv: rights are used and given up")
    done = subprocess.run(
        [*before, sys.executable, "-c", kernel + ASK, function],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    return json.loads(done.stdout), done.stderr


def test_the_path_goes_before_all_others_and_hands_that_on_to_nobody():
    seen, said = asked("hurry_path")
    assert seen["got"]
    assert seen["thread"] == [FIFO, PATH]
    assert (seen["later"], seen["program"], seen["others"]) == ([OTHER, 0], OTHER, [OTHER, 0])
    assert said == ""


def test_capture_goes_before_the_path_with_all_that_reads_the_microphone():
    seen, _ = asked("hurry_capture")
    assert CAPTURE > PATH
    assert seen["thread"] == seen["later"] == [FIFO, CAPTURE]
    assert (seen["program"], seen["others"]) == (FIFO, [OTHER, 0])


RT_GROUPS = """
import os

def refuse(*_):
    raise PermissionError(1, os.strerror(1))

os.sched_setscheduler = refuse
"""
"""CONFIG_RT_GROUP_SCHED under an enabled cpu controller: refused whatever rights a program has."""


@pytest.mark.parametrize("function", ["hurry_path", "hurry_capture"])
def test_where_that_is_refused_niceness_helps_a_little_and_it_is_said_once(function):
    seen, said = asked(function, kernel=RT_GROUPS)
    assert not seen["got"]
    assert (seen["thread"], seen["nice"]) == ([OTHER, 0], NICENESS)
    assert said == (
        "real-time priority is refused (operation not permitted); sound is handled at niceness -11 instead\n"
    )


def test_where_nothing_is_granted_all_goes_on_and_the_cost_is_named():
    seen, said = asked("hurry_path", *BARE)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert (seen["got"], seen["thread"], seen["nice"]) == (False, [OTHER, 0], own)
    assert said == (
        "real-time priority is refused (operation not permitted); so is niceness -11: "
        "beside busy programs sound may be handled some milliseconds late\n"
    )


def test_who_is_nicer_already_stays_so():
    step = -15 - os.getpriority(os.PRIO_PROCESS, 0)
    seen, said = asked("hurry_path", "nice", "-n", str(step), *BARE)
    assert (seen["got"], seen["nice"]) == (False, -15)
    assert "handled at niceness -15" in said


@pytest.mark.parametrize("realtime", ["auto", "off"])
def test_live_sound_passes_only_through_threads_that_go_before_all_others(models, tmp_path, realtime):
    """The path, capture, its reader and the program that reads the microphone; not the recognizer."""
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    microphone = Microphone(tmp_path, np.asarray(pcm))
    more = f'[[heads.word]]\nname = "hey_jarvis"\n[service]\nrealtime = "{realtime}"\n'
    file = write_config(tmp_path / "edged.toml", models, more)
    with subject(microphone, file) as daemon:
        daemon.wait("a hop", lambda event: event["event"] == "scores", 0.0, 60)
        found = {
            Path(f"/proc/{pid}/cmdline").read_bytes(): priorities(pid) for pid in children(daemon.process.pid)
        }
        own = priorities(daemon.process.pid)
        granted = "refused" not in daemon.log()
    (read,) = [each for command, each in found.items() if b"faults.arecord" in command]
    (recognizes,) = [each for command, each in found.items() if b"recognize.child" in command]
    wanted = realtime == "auto" and granted
    assert own == ([PATH, CAPTURE, CAPTURE] if wanted else [])
    assert set(read) == ({CAPTURE} if wanted else set())
    assert recognizes == []
