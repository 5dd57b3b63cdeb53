"""What a vendor's library prints never reaches standard output."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CHILD = """
import ctypes, os, sys
from edged.backends.quiet import banner_to_stderr, own_output

libc = ctypes.CDLL(None)
own = own_output()
libc.printf(b"ours before\\n")
with banner_to_stderr():
    libc.printf(b"arm_release_ver of this libmali is 'g6p0-01eac0', rk_so_ver is '7'.\\n")
    os.write(1, b"written at once\\n")
    os.write(own, b'{"event": "ready"}\\n')
libc.printf(b"ours after\\n")
print("{}")
"""


def child(code: str, **how):
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, text=True, timeout=60, check=False, **how)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_banner_goes_to_standard_error_and_everything_else_stays(unbuffered):
    done = child(CHILD, capture_output=True, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.splitlines()) == {'{"event": "ready"}', "ours before", "ours after", "{}"}
    assert set(done.stderr.splitlines()) == {
        "written at once",
        "arm_release_ver of this libmali is 'g6p0-01eac0', rk_so_ver is '7'.",
    }


def test_an_exception_gives_standard_output_back():
    code = "from edged.backends.quiet import banner_to_stderr\ntry:\n  with banner_to_stderr(): 1 / 0\n"
    done = child(code + "except ZeroDivisionError: print('back')", capture_output=True)
    assert done.stdout == "back\n"


def test_a_closed_standard_output_is_no_trouble():
    code = "import os\nfrom edged.backends.quiet import banner_to_stderr\nos.close(1)\n"
    done = child(code + "with banner_to_stderr(): pass", capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
