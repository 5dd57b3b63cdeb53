"""Who holds how much memory: the recognizer of a process for recordings is not the microphone's."""

import os

import pytest

from edged.telemetry.memory import peak_bytes, processes, resident_by_role
from tests.machines import put

PAGE = os.sysconf("SC_PAGE_SIZE")
TREE = {
    1: ("edged run", 100, (2, 3)),
    2: ("python -m edged.stages.recognize.child", 20, ()),
    3: ("python -m edged.runtime.jobs.child", 30, (4, 5)),
    4: ("python -m edged.stages.recognize.child", 40, ()),
    5: ("ffmpeg", 5, ()),
}


@pytest.fixture(autouse=True)
def _machine(tmp_path, monkeypatch):
    for pid, (line, pages, children) in TREE.items():
        put(tmp_path, f"/proc/{pid}/cmdline", line.replace(" ", "\0"))
        put(tmp_path, f"/proc/{pid}/statm", f"999 {pages} 1 1 0 1 0\n")
        put(tmp_path, f"/proc/{pid}/status", f"Name:\tx\nVmHWM:\t   {pages} kB\nVmRSS:\t 1 kB\n")
        put(tmp_path, f"/proc/{pid}/task/{pid}/children", " ".join(map(str, children)))
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))


def test_what_a_process_for_recordings_started_counts_as_its_own():
    assert resident_by_role(processes(1)) == {
        "daemon": 100 * PAGE,
        "recognizer": 20 * PAGE,
        "jobs": 75 * PAGE,
    }


def test_peaks_of_a_process_and_its_children_are_added():
    assert peak_bytes(3) == 75 * 1024
    assert peak_bytes(99) == 0
