"""Hooks: the event on standard input, a clean environment, bounds that hold, failures told once."""

import json
import logging
import os
import sys
import threading
from pathlib import Path

import pytest

from edged.config.schema import Hooks
from edged.messages import Assistant, Endpoint, Listening, Timer, to_json
from edged.runtime.worker import Worker
from edged.stages.sinks.hook_process import environment
from edged.stages.sinks.hooks import WAITING, HooksSink
from tests.stages.sinks.clerk import MUTED, event, final, gap, scores


class Rig:
    """Hooks that run on a thread of their own, with a clock of the test's."""

    def __init__(self) -> None:
        self.now = 0.0
        self._made: list[tuple[HooksSink, Worker]] = []
        self._stepped = threading.Condition()

    def hooks(self, commands: dict[str, str], runs: bool = True, **keys) -> HooksSink:
        sink = HooksSink(Hooks(commands=commands, **keys), clock=lambda: self.now)

        def step() -> bool:
            goes_on = sink.step()
            with self._stepped:
                self._stepped.notify_all()
            return goes_on

        worker = Worker("hooks", step, lambda worker: None)
        self._made.append((sink, worker))
        if runs:
            worker.start()
        return sink

    def until(self, holds) -> None:
        """Wait for a step after which something holds."""
        with self._stepped:
            assert self._stepped.wait_for(holds, 30)

    def end(self, sink: HooksSink) -> None:
        """End it as the pipeline does; what runs then may take until a second has passed."""
        worker = next(worker for made, worker in self._made if made is sink)
        sink.tell_to_stop()
        worker.join(30)
        sink.close()
        assert worker.failure is None


@pytest.fixture
def rig():
    rig = Rig()
    yield rig
    rig.now += 1000
    for sink, worker in rig._made:
        sink.tell_to_stop()
        worker.join(30)
        sink.close()


def script(folder: Path, name: str, text: str) -> str:
    """A Python program, as a command line."""
    file = folder / f"{name}.py"
    file.write_text(text)
    return f"{sys.executable} -S -E '{file}'"


def writer(folder: Path, out: Path) -> str:
    """A command that appends what it reads, and its event and arguments, to a file."""
    return script(
        folder,
        "write",
        "import json, os, sys\n"
        "said = {'read': json.load(sys.stdin), 'argv': sys.argv[1:], 'env': dict(os.environ)}\n"
        f"with open({str(out)!r}, 'a') as file: file.write(json.dumps(said) + '\\n')\n",
    )


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []


def alive(pid: int) -> bool:
    """Whether a process runs: a zombie that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_hook_gets_its_event_on_standard_input(rig, tmp_path):
    out = tmp_path / "out"
    sink = rig.hooks({"final": writer(tmp_path, out) + " 'two words' $HOME"})
    sink.publish(gap(1))
    sink.publish(scores(1))
    sink.publish(final("開燈"))
    rig.until(lambda: lines(out))
    (said,) = lines(out)
    assert said["read"] == json.loads(json.dumps(to_json(final("開燈"))))
    assert said["argv"] == ["two words", "$HOME"]  # no shell looks at it
    assert said["env"]["EDGED_EVENT"] == "final"


def test_names_of_wyoming_satellite_are_understood_beside_our_own(rig, tmp_path):
    out = tmp_path / "out"
    command = writer(tmp_path, out)
    sink = rig.hooks(
        {"listening": command, "streaming_start": command, "streaming-stop": command, "transcript": command},
        max_running=1,
    )
    for body in (Listening(0), Endpoint("silence")):
        sink.publish(event(body))
    sink.publish(final("x"))
    rig.until(lambda: len(lines(out)) == 4)
    assert [said["read"]["event"] for said in lines(out)] == ["listening", "listening", "endpoint", "final"]


def test_a_hook_of_what_an_assistant_says_hears_of_that_alone(rig, tmp_path):
    out = tmp_path / "out"
    command = writer(tmp_path, out)
    sink = rig.hooks({"timer_finished": command, "synthesize": command}, max_running=1)
    for body in (Assistant("connected"), Assistant("timer-finished", timer=Timer("7", "tea", 0))):
        sink.publish(event(body))
    sink.publish(event(Assistant("timer-started", timer=Timer("7", "tea", 60))))
    sink.publish(event(Assistant("synthesize", "It is on")))
    rig.until(lambda: len(lines(out)) == 2)
    assert [said["read"]["what"] for said in lines(out)] == ["timer-finished", "synthesize"]
    assert {said["env"]["EDGED_EVENT"] for said in lines(out)} == {"assistant"}


def test_nothing_of_the_daemons_environment_that_could_be_a_secret_is_handed_on(rig, tmp_path, monkeypatch):
    secrets = {
        "EDGED__SINKS__MQTT__PASSWORD": "s3cret", "CREDENTIALS_DIRECTORY": "/run/c", "NOTIFY_SOCKET": "/n",
        "AWS_SECRET": "x", "PYTHONPATH": "/x",
    }  # fmt: skip
    for name, value in {**secrets, "LC_TIME": "C.UTF-8", "LANG": "C.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    out = tmp_path / "out"
    rig.hooks({"muted": writer(tmp_path, out)}).publish(MUTED)
    rig.until(lambda: lines(out))
    (said,) = lines(out)
    assert not secrets.keys() & said["env"].keys()
    assert said["env"]["LC_TIME"] == "C.UTF-8"
    assert environment({}) == {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def test_a_hook_that_takes_too_long_is_ended_with_all_it_started(rig, tmp_path, caplog):
    out = tmp_path / "pids"
    slow = script(
        tmp_path,
        "slow",
        "import os, signal, subprocess, sys, time\n"
        f"signal.signal(signal.SIGTERM, lambda *_: open({str(out)!r} + '.asked', 'w').close())\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import signal, time; "
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)'],"
        " stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        f"open({str(out)!r} + '.new', 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(out)!r} + '.new', {str(out)!r})\n"
        "while True: time.sleep(600)\n",
    )
    sink = rig.hooks({"muted": slow}, timeout_s=3)
    sink.publish(MUTED)
    rig.until(out.exists)
    pids = [int(pid) for pid in out.read_text().split()]
    assert all(alive(pid) for pid in pids)
    rig.now += 3.1  # asked to end, and it does not
    rig.until((tmp_path / "pids.asked").exists)
    rig.now += 1.1
    rig.until(lambda: sink.running == 0)
    rig.until(lambda: not any(alive(pid) for pid in pids))
    assert "hook muted: took longer than 3 s and was ended" in caplog.messages


def test_what_a_hook_leaves_behind_is_ended_with_it(rig, tmp_path):
    out = tmp_path / "pid"
    sink = rig.hooks({"muted": f"/bin/sh -c 'sleep 600 & echo $! > {out}.new; mv {out}.new {out}'"})
    sink.publish(MUTED)
    rig.until(lambda: out.exists() and sink.running == 0)
    pid = int(out.read_text())
    rig.until(lambda: not alive(pid))


def test_no_more_run_at_a_time_than_asked_for_and_all_get_their_turn(rig, tmp_path):
    gate, out = tmp_path / "gate", tmp_path / "out"
    wait = f"until test -e {gate}; do sleep 0.02; done"
    sink = rig.hooks({"gap": f"/bin/sh -c 'echo + >> {out}; {wait}; echo - >> {out}'"}, max_running=2)
    for n in range(5):
        sink.publish(gap(n))
    rig.until(lambda: out.exists() and out.read_text().split() == ["+", "+"])
    assert sink.running == 2
    gate.touch()
    rig.until(lambda: out.read_text().count("-") == 5)
    running = [1 if mark == "+" else -1 for mark in out.read_text().split()]
    assert max(sum(running[: n + 1]) for n in range(len(running))) == 2


def test_too_many_that_wait_are_dropped_oldest_first_counted_and_said_once(rig, tmp_path, caplog):
    out = tmp_path / "out"
    sink = rig.hooks({"gap": writer(tmp_path, out)}, runs=False, max_running=8)
    for n in range(WAITING + 3):
        sink.publish(gap(n))
    assert sink.dropped == 3
    assert sum("more than 32 wait" in message for message in caplog.messages) == 1
    while len(lines(out)) < WAITING:
        sink.step()
    assert sorted(said["read"]["samples"] for said in lines(out)) == list(range(3, WAITING + 3))


def test_a_failure_is_told_once_and_so_is_its_end(rig, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    flag = tmp_path / "flag"
    sink = rig.hooks({"gap": f"/bin/sh -c 'test -e {flag} || exit 3'"}, max_running=1)

    def fire(times: int) -> None:
        for n in range(times):
            sink.publish(gap(n))
        rig.until(lambda: sink.running == 0 and not sink._waiting)

    fire(3)
    flag.touch()
    fire(2)
    said = [message for message in caplog.messages if message.startswith("hook")]
    assert said == ["hook gap: exit code 3", "hook gap: works again"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/nowhere/led on", "hook gap: cannot be started: No such file or directory"),
        ("/etc/passwd", "hook gap: cannot be started: Permission denied"),
        ("/bin/sh -c 'kill -SEGV $$'", "hook gap: was ended by SIGSEGV"),
    ],
)
def test_how_it_failed_is_a_sentence(rig, caplog, command, said):
    sink = rig.hooks({"gap": command})
    sink.publish(gap(1))
    rig.until(lambda: said in caplog.messages)


def test_a_program_that_is_not_there_is_told_at_the_start(rig, caplog):
    rig.hooks({"gap": "no-such-program-anywhere on"}, runs=False)
    assert caplog.messages == ["hook gap: no-such-program-anywhere is no program that can be run"]


def test_at_the_end_what_waits_is_run_and_what_hangs_is_ended(rig, tmp_path, caplog):
    out = tmp_path / "out"
    sink = rig.hooks({"final": writer(tmp_path, out)})
    sink.publish(final("x"))
    rig.end(sink)
    assert len(lines(out)) == 1
    hanging = rig.hooks({"gap": "sleep 600"})
    hanging.publish(gap(1))
    rig.until(lambda: hanging.running == 1)
    pid = hanging._running[0]._process.pid
    worker = rig._made[-1][1]
    hanging.tell_to_stop()
    rig.now += 1.1
    worker.join(30)
    hanging.close()
    assert not alive(pid)
    assert "hook gap: ended, because edged ends" in caplog.messages


def test_a_signal_to_the_daemons_group_is_none_to_a_hook(rig, tmp_path):
    out = tmp_path / "group"
    hook = script(tmp_path, "group", f"import os; open({str(out)!r}, 'w').write(str(os.getpgid(0)))\n")
    rig.hooks({"gap": hook}).publish(gap(1))
    rig.until(lambda: out.exists() and out.read_text())
    assert int(out.read_text()) != os.getpgid(0)
