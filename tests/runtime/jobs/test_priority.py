"""Processes for recordings give way from their first instruction on."""

import os
import shutil
from pathlib import Path

import pytest

from edged.runtime.jobs.hand import Hand
from edged.runtime.jobs.priority import NICEST, lowered


def test_what_is_not_installed_is_left_out():
    here = {"nice": "/usr/bin/nice", "taskset": "/usr/bin/taskset"}
    assert lowered(3, {5, 4}, here.get) == ["nice", "-n", "13", "taskset", "-c", "4,5"]
    assert lowered(12, (), here.get) == ["nice", "-n", str(NICEST)]
    assert lowered(0, {1}, lambda name: None) == []


@pytest.mark.parametrize("program", ["nice", "chrt", "taskset"])
def test_a_process_starts_below_the_daemon_and_on_its_cores(program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: apt install util-linux coreutils")
    cpu = min(os.sched_getaffinity(0))
    hand = Hand(b"", lowered(0, {cpu}))
    try:
        pid = hand.channel.pid
        while b"edged.runtime.jobs.child" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[3:5]:
            os.sched_yield()  # nice, chrt and taskset become it one after the other
        seen = {
            "nice": os.getpriority(os.PRIO_PROCESS, pid) - os.getpriority(os.PRIO_PROCESS, 0) >= 10,
            "chrt": os.sched_getscheduler(pid) == os.SCHED_BATCH,
            "taskset": os.sched_getaffinity(pid) == {cpu},
        }
        assert seen[program]
    finally:
        hand.channel.end(hung=True)
