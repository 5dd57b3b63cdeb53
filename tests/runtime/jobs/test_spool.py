"""Recordings lie in files that are gone with whoever took them, also after a crash."""

import subprocess
import sys

import pytest

from edged.errors import SinkError
from edged.runtime.jobs.spool import Spool

CRASH = """
import os, sys
from pathlib import Path
from edged.runtime.jobs.spool import Spool
path, file = Spool(Path(sys.argv[1])).create()
file.write(b"sound"); file.flush()
print(path, flush=True)
os._exit(1)
"""


def test_a_start_deletes_what_a_crash_left_and_not_what_a_living_process_holds(tmp_path):
    holder = Spool(tmp_path)
    held, file = holder.create()
    file.close()
    said = subprocess.run(
        [sys.executable, "-c", CRASH, tmp_path], stdout=subprocess.PIPE, text=True, check=False, timeout=60
    )
    left = tmp_path / said.stdout.strip()
    assert left.read_bytes() == b"sound"
    fresh = Spool(tmp_path)
    assert not left.parent.exists()
    assert held.exists()
    fresh.close()
    holder.close()
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_may_read_them(tmp_path):
    spool = Spool(tmp_path)
    path, file = spool.create()
    file.close()
    assert path.parent.stat().st_mode & 0o077 == 0
    assert path.stat().st_mode & 0o077 == 0
    spool.close()
    spool.close()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot be written"):
        Spool(tmp_path / "file" / "spool")
