"""A command line ends, with its exit code, whatever hangs and whoever has stopped listening to it."""

import os
import subprocess
import sys

import pytest

from tests.daemon import ROOT

COMMAND = """
import sys, threading, time
from edged.command import run_command
from edged.errors import ModelError

def hang():
    threading.Event().wait(120)

def app():
    if "hangs" in sys.argv:
        threading.Thread(target=hang, name="hangs").start()
    if "unforeseen" in sys.argv:
        raise RuntimeError("what nobody thought of")
    if "torn" in sys.argv:
        import edged.no_such_part
    if "missing" in sys.argv:
        import no_such_package.part
    if "foreseen" in sys.argv:
        raise ModelError("no such model")

run_command("test", app)
"""


def ended(*how: str, stderr: int = subprocess.PIPE) -> tuple[int, str]:
    """Exit code and standard error of a command that ends so."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *how],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    return done.returncode, done.stderr or ""


@pytest.mark.parametrize("thread", ["hangs", "does not"])
def test_what_is_foreseen_is_one_sentence_and_its_code(thread):
    assert ended("foreseen", thread) == (65, "test: no such model\n")


@pytest.mark.parametrize("thread", ["hangs", "does not"])
def test_what_nobody_thought_of_is_shown_whole_and_ends_as_a_fault(thread):
    code, said = ended("unforeseen", thread)
    assert code == 70
    assert said.startswith("Traceback")
    assert said.endswith("RuntimeError: what nobody thought of\n")


@pytest.mark.parametrize("thread", ["hangs", "does not"])
def test_a_package_that_is_missing_is_named_and_a_missing_part_of_edged_is_a_fault(thread):
    code, said = ended("missing", thread)
    assert code == 69
    assert said.startswith("test: the Python package no_such_package is not installed: install edged again")
    assert said.count("\n") == 1
    code, said = ended("torn", thread)
    assert code == 70
    assert "No module named 'edged.no_such_part'" in said


@pytest.mark.parametrize("how", ["foreseen", "unforeseen", "well"])
def test_it_ends_where_nobody_reads_what_it_says(how):
    """A daemon whose terminal was closed, with a thread that hangs: it must not live on as a ghost."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        code, _ = ended(how, "hangs", stderr=writing)
    finally:
        os.close(writing)
    assert code == {"foreseen": 65, "unforeseen": 70, "well": 0}[how]
