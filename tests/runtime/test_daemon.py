"""The daemon's main thread in every plight: a real process, a stand-in run, what is said of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edged.runtime.daemon import FIRST_SOUND_S, has_started
from tests.systemd import FakeSystemd

ROOT = Path(__file__).parents[2]


class Rehearsal:
    """One process with a plan."""

    def __init__(self, folder: Path, plan: str, watchdog_s: float | None = None) -> None:
        self.systemd = FakeSystemd(folder / "notify")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.rehearsal", plan],
            cwd=ROOT,
            env={**os.environ, **self.systemd.environment(watchdog_s)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def log(self, text: str) -> str:
        """Wait for a line on standard error that has this in it."""
        for line in self._process.stderr:
            if text in line:
                return line
        raise AssertionError(f"never said: {text}")

    def end(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and what else was said on standard error."""
        _, err = self._process.communicate(timeout=30)
        return self._process.returncode, err

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
        self._process.stderr.close()
        self.systemd.close()


@pytest.fixture
def rehearse(tmp_path):
    """Start a process with a plan; it is ended with the test."""
    begun = []

    def start(plan: str, watchdog_s: float | None = None) -> Rehearsal:
        begun.append(Rehearsal(tmp_path, plan, watchdog_s))
        return begun[-1]

    yield start
    for rehearsal in begun:
        rehearsal.close()


def test_ready_comes_with_the_first_scored_hop_and_says_what_it_hears_on(rehearse):
    process = rehearse("hears")
    ready = process.systemd.until("READY")
    assert ready["STATUS"].startswith(
        "hears computer on mic Desk; features cpu, heads cpu, recognizer selftest; since 20"
    )
    first = process.systemd.said[0]
    assert first == {"STATUS": "opening models, sinks and the source of sound"}
    process.send(signal.SIGTERM)
    assert process.end() == (0, "")
    assert process.systemd.until("STOPPING")["STATUS"].startswith("stopping")


def test_a_box_without_a_microphone_is_ready_and_says_that_it_is_deaf(rehearse):
    process = rehearse("deaf", watchdog_s=0.4)
    assert process.systemd.until("STATUS", "deaf: no microphone is there; features cpu")
    ready = process.systemd.until("READY")
    assert ready["STATUS"].startswith("deaf: no microphone is there; features cpu")
    for _ in range(10):  # longer than a stall may last: being deaf for a reason is none
        process.systemd.until("WATCHDOG")
    process.send(signal.SIGINT)
    assert process.end() == (0, "")


def test_start_is_over_with_the_first_score_or_after_a_while_without():
    assert not has_started(0, FIRST_SOUND_S)
    assert has_started(1, 0)
    assert has_started(0, FIRST_SOUND_S + 0.1)


def test_a_stuck_path_ends_in_its_name_every_stack_and_70(rehearse):
    process = rehearse("path hangs", watchdog_s=0.2)
    process.systemd.until("READY")
    code, err = process.end()
    assert code == 70
    assert "ERROR path has given no sign of life for 2 s; the stacks of all threads follow" in err
    assert "hang_here" in err
    assert err.count("(most recent call first)") >= 3
    assert "STOPPING" not in "".join(key for said in process.systemd.rest() for key in said)


def test_scores_that_stop_while_sound_should_come_are_a_stall_though_every_thread_beats(rehearse):
    process = rehearse("scores stop", watchdog_s=0.2)
    process.systemd.until("READY")
    code, err = process.end()
    assert code == 70
    assert "ERROR the path from microphone to score has given no sign of life" in err
    assert "path has given no sign of life" not in err.replace("the path from microphone to score", "")


def test_muted_it_lives_on_and_says_so(rehearse):
    process = rehearse("muted", watchdog_s=0.4)
    assert process.systemd.until("STATUS", "muted, on mic Desk; features cpu, heads cpu")
    for _ in range(16):  # longer than a stall may last: nothing is scored, and sound still comes
        process.systemd.until("WATCHDOG")
    process.send(signal.SIGTERM)
    assert process.end() == (0, "")


def test_muted_is_no_excuse_for_sound_that_stops(rehearse):
    process = rehearse("muted, no sound", watchdog_s=0.2)
    process.systemd.until("READY")
    code, err = process.end()
    assert code == 70
    assert "ERROR the path from microphone to score has given no sign of life" in err


def test_a_blocked_sink_is_told_and_ends_nothing(rehearse):
    process = rehearse("blocked sink", watchdog_s=0.2)
    process.log("WARNING sink-slow has given no sign of life for 2 s; its events wait")
    status = process.systemd.until("STATUS", "degraded: sink-slow hangs")["STATUS"]
    assert status.startswith("hears computer")
    for _ in range(10):
        process.systemd.until("WATCHDOG")
    process.send(signal.SIGTERM)
    assert process.end() == (0, "")


def test_a_process_that_was_stopped_goes_on_when_it_is_continued(rehearse):
    process = rehearse("hears", watchdog_s=0.2)
    process.systemd.until("READY")
    process.send(signal.SIGSTOP)
    until_stopped(process._process.pid)
    process.systemd.rest()
    with pytest.raises(TimeoutError):
        process.systemd.hear(within_s=3.0)  # twice what a stall may last, by the clock of the machine
    process.send(signal.SIGCONT)
    for _ in range(10):
        process.systemd.until("WATCHDOG")
    process.send(signal.SIGTERM)
    assert process.end() == (0, "")


def until_stopped(pid: int) -> None:
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        pass


def test_what_breaks_is_the_exit_code_and_one_sentence(rehearse):
    assert rehearse("path breaks").end() == (66, "rehearsal: the sound is broken\n")


def test_what_cannot_be_opened_is_as_well(rehearse):
    process = rehearse("opening fails")
    assert process.end() == (65, "rehearsal: no such model\n")
    assert all("READY" not in said for said in process.systemd.rest())


def test_a_recording_that_ends_is_an_end(rehearse):
    process = rehearse("path ends")
    assert process.end() == (0, "")
    assert process.systemd.until("STOPPING")


def test_more_time_is_asked_for_while_it_opens(rehearse):
    process = rehearse("opening long")
    assert process.systemd.until("EXTEND_TIMEOUT_USEC")
    process.send(signal.SIGTERM)
    assert process.end()[0] == 0
    assert all("READY" not in said for said in process.systemd.said)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_told_to_stop_while_it_opens_it_leaves_that_behind(rehearse, number):
    process = rehearse("opening")
    process.systemd.hear()
    process.send(number)
    assert process.end() == (0, "WARNING told to stop while opening: leaving it behind\n")


def test_a_second_signal_ends_the_wait_for_texts(rehearse):
    process = rehearse("draining")
    process.systemd.until("READY")
    process.send(signal.SIGTERM)
    process.systemd.until("STOPPING")
    process.send(signal.SIGTERM)
    assert process.end() == (0, "")


def test_a_stop_that_hangs_is_ended_within_ten_seconds_with_its_stacks(rehearse):
    process = rehearse("stop hangs", watchdog_s=0.5)
    process.systemd.until("READY")
    process.send(signal.SIGTERM)
    process.systemd.until("STOPPING")
    process.systemd.until("WATCHDOG")
    code, err = process.end()
    assert code == 70
    assert "stopping takes too long; still there: none of the workers" in err
    assert "in stop" in err


def test_a_reload_is_told_from_its_beginning_to_its_end(rehearse):
    process = rehearse("hears")
    process.systemd.until("READY")
    process.send(signal.SIGHUP)
    assert int(process.systemd.until("RELOADING")["MONOTONIC_USEC"]) > 0
    assert process.systemd.hear()["READY"] == "1"
    assert "in force now: heads" in process.log("configuration read again")
    process.send(signal.SIGTERM)
    assert process.end() == (0, "")


def test_without_anybody_to_tell_it_runs_and_ends_the_same(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "NOTIFY_SOCKET"}
    command = [sys.executable, "-m", "tests.runtime.rehearsal", "path ends"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_no_thread_keeps_the_interpreters_lock_for_as_long_as_python_would_let_it():
    code = """
import sys
from edged.config.schema import Audio, Config
from edged.errors import AudioInputError
from edged.runtime.daemon import run_daemon
try:
    run_daemon(Config(audio=Audio(source="wav:nowhere.wav")))
except AudioInputError:
    print(sys.getswitchinterval())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(done.stdout) == 0.0005
