"""How a process of the daemon begins, seen in processes of its kind."""

import os
import subprocess
import sys

SETTLED = """
import os, resource, signal, sys
from edged.stages.recognize.settle import settle
settle(int(sys.argv[1]))
core, _ = resource.getrlimit(resource.RLIMIT_CORE)
deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
print(core, deaf, open("/proc/self/oom_score_adj").read().strip(), flush=True)
if len(sys.argv) > 2:
    signal.signal(signal.SIGALRM, lambda *_: print("outlived it", flush=True))
    signal.alarm(20)
    signal.pause()
"""

PARENT = """
import os, subprocess, sys
subprocess.run([sys.executable, "-c", sys.argv[1], str(os.getpid()), "stay"])
"""


def run(parent: int) -> str:
    command = [sys.executable, "-c", SETTLED, str(parent)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_it_leaves_no_core_file_and_is_ended_before_the_daemon_where_memory_runs_out():
    core, deaf_to_ctrl_c, score = run(os.getpid()).split()
    assert (core, deaf_to_ctrl_c) == ("0", "True")
    assert int(score) >= 500


def test_one_whose_parent_is_gone_already_does_nothing():
    assert run(os.getpid() + 1) == ""


def test_it_ends_with_its_parent():
    command = [sys.executable, "-c", PARENT, SETTLED]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout.readline()  # it has settled
        parent.kill()
        assert parent.stdout.read() == ""  # its end is closed, which only its own end does
