import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.backends.native_call import Late, NativeCall, abandoned
from edged.errors import ModelError, ProviderFailed
from tests.backends.virtual import Clock

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clock():
    clock = Clock()
    yield clock
    clock.end()


def test_a_call_runs_on_the_thread_of_that_name_and_its_answer_comes_back():
    native = NativeCall("rknn heads")
    names = {native.run(lambda: threading.current_thread().name, 60.0) for _ in range(5)}
    native.close()
    assert names == {"rknn heads"}


def test_an_error_of_ours_comes_as_it_is_and_any_other_as_a_failure_that_names_it():
    native = NativeCall("opencl features")

    def broken():
        raise ModelError("no such model")

    with pytest.raises(ModelError, match="no such model"):
        native.run(broken, 60.0)
    with pytest.raises(ProviderFailed, match="opencl features: ZeroDivisionError: division by zero"):
        native.run(lambda: 1 / 0, 60.0)
    assert native.run(lambda: 7, 60.0) == 7
    native.close()


def test_a_call_that_hangs_is_abandoned_and_named_and_the_thread_is_never_used_again(clock):
    native = NativeCall("rknn heads", clock.wait)
    with pytest.raises(
        ProviderFailed, match=r"rknn heads: gave no answer in 0\.5 s; its thread is left behind"
    ):
        native.run(clock.hang, 0.5)
    assert native.abandoned
    assert "rknn heads" in abandoned()
    with pytest.raises(ProviderFailed, match="hangs in an earlier call"):
        native.run(lambda: 1, 60.0)
    native.close()


def test_a_thread_that_comes_back_at_last_is_not_abandoned_any_more(clock):
    native = NativeCall("late", clock.wait)
    with pytest.raises(ProviderFailed):
        native.run(clock.hang, 0.5)
    clock.end()
    native._thread.join(60)
    assert "late" not in abandoned()


def test_who_waits_for_a_busy_thread_is_told_in_time_and_the_call_itself_is_not_harmed():
    native, inside, go_on, answers = NativeCall("npu"), threading.Event(), threading.Event(), []

    def call() -> str:
        inside.set()
        go_on.wait(60)
        return "answer"

    caller = threading.Thread(target=lambda: answers.append(native.run(call, 60.0)))
    caller.start()
    inside.wait(60)
    with pytest.raises(ProviderFailed, match=r"npu: busy for more than 0\.01 s with another call"):
        native.run(lambda: "other", 0.01)
    go_on.set()
    caller.join(60)
    assert answers == ["answer"]
    assert native.run(lambda: "next", 60.0) == "next"
    native.close()


def test_closing_ends_the_thread_and_twice_is_allowed():
    native = NativeCall("closed")
    native.close()
    native.close()
    native._thread.join(60)
    assert not native._thread.is_alive()
    with pytest.raises(ProviderFailed, match="was closed"):
        native.run(lambda: 1, 60.0)


@settings(max_examples=20)
@given(st.lists(st.integers(), max_size=40), st.integers(1, 4))
def test_callers_at_once_each_get_their_own_answer(values, callers):
    native, answers = NativeCall("shared"), {}

    def ask(caller: int) -> None:
        answers[caller] = [native.run(lambda v=v: (caller, v), 60.0) for v in values]

    threads = [threading.Thread(target=ask, args=(caller,)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    native.close()
    assert answers == {caller: [(caller, v) for v in values] for caller in range(callers)}


PROGRAM = """
import atexit, sys, threading
from edged.backends.native_call import NativeCall
from edged.command import run_command
from edged.errors import ProviderFailed

atexit.register(sys.stderr.write, "Python took its leave")

def app():
    try:
        NativeCall("gpu").run(threading.Event().wait, 0.01)
    except ProviderFailed:
        sys.stdout.write("the whole answer")  # a pipe: not flushed by itself
        raise SystemExit({code})

run_command("test", app)
"""


@pytest.mark.parametrize("code", [0, 3])
def test_a_process_with_an_abandoned_thread_leaves_with_its_code_and_all_it_said(code):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(code=code)],
        capture_output=True,
        timeout=60,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stdout) == (code, "the whole answer")
    assert done.stderr == ""


def answered(native):
    """Return once the thread has an answer that nobody took."""
    assert native.answered.acquire(timeout=60)
    native.answered.release()


def test_a_late_call_is_not_given_up_and_its_answer_never_taken_for_another(clock):
    native, gate = NativeCall("npu", clock.wait), threading.Event()

    def slow():
        clock.hanging.set()
        gate.wait(60)
        return "late"

    with pytest.raises(Late) as first:
        native.ask(slow, 0.04)
    with pytest.raises(Late) as second:
        native.ask(lambda: "not made", 0.04)
    assert (first.value.anew, second.value.anew) == (True, False)
    gate.set()
    answered(native)
    assert native.ask(lambda: "fresh", 0.04) == "fresh"
    assert not native.abandoned
    native.close()


def test_an_error_of_a_late_call_is_not_that_of_the_next(clock):
    native, gate = NativeCall("npu", clock.wait), threading.Event()

    def slow():
        clock.hanging.set()
        gate.wait(60)
        raise ValueError("late")

    with pytest.raises(Late):
        native.ask(slow, 0.04)
    gate.set()
    answered(native)
    assert native.run(lambda: "fresh", 60.0) == "fresh"
    native.close()


def test_what_is_posted_is_done_while_nobody_waits_and_comes_first(clock):
    native, done = NativeCall("npu", clock.wait), []
    native.post(lambda: done.append("posted"))
    native.post(lambda: done.append("left out: the thread is busy"))
    assert native.ask(lambda: list(done), 60.0) == ["posted"]
    native.close()


def test_what_is_posted_and_hangs_makes_the_next_call_late_for_the_first_time(clock):
    native = NativeCall("npu", clock.wait)
    native.post(clock.hang)
    with pytest.raises(Late) as caught:
        native.ask(lambda: 1, 0.04)
    assert caught.value.anew
    with pytest.raises(Late) as caught:
        native.ask(lambda: 1, 0.04)
    assert not caught.value.anew
    native.abandon()


@pytest.mark.parametrize("end", ["abandon", "run", "close"])
def test_a_late_call_can_be_given_up_in_the_end(clock, end):
    native = NativeCall("npu", clock.wait)
    with pytest.raises(Late):
        native.ask(clock.hang, 0.04)
    if end == "abandon":
        native.abandon()
    elif end == "run":
        clock.hanging.set()  # it still does
        with pytest.raises(ProviderFailed, match="its thread is left behind"):
            native.run(lambda: 1, 1.0)
    else:
        clock.hanging.set()
        native.close()
    assert native.over
    assert native.abandoned
    native.abandon()
    native.close()
    with pytest.raises(ProviderFailed, match="hangs in an earlier call"):
        native.ask(lambda: 1, 0.04)
