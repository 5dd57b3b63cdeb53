"""The running edged is told from outside what to do: by its command line, its socket, its broker."""

import json
import signal
from pathlib import Path

import pytest

from tests.cli.test_run import Pipe, read_until, texts
from tests.daemon import TEXT, config, models, run, write_config
from tests.stages.sinks.broker import Broker, needs_broker
from tests.stages.sinks.test_unix_socket import Caller

__all__ = ["config", "models"]


@pytest.fixture
def socket(tmp_path, monkeypatch) -> str:
    """Path of the socket of an edged that the command line finds."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    return str(tmp_path / "edged.sock")


def begin(config: Path, models: Path, toml: str) -> Pipe:
    """Start edged on a pipe and let it hear half a second."""
    write_config(config, models, toml)
    running = Pipe(config)
    running.send(0, 0.5)
    read_until(running.process, "ready")
    return running


def test_a_box_is_muted_unmuted_and_told_to_listen_from_the_command_line(config, models, socket):
    running = begin(config, models, f'[sinks.socket]\npath = "{socket}"\n')
    assert run("mute") == (0, "edged is muted: it hears nothing until `edged unmute`\n", "")
    assert read_until(running.process, "muted")[-1]["by"] == "socket"
    running.send(0.5, 3.5)  # with the wake word in it
    code, out, err = run("trigger")
    assert (code, out, err) == (69, "", "edged: it is muted; unmute it first\n")
    assert run("unmute") == (0, "edged hears again\n", "")
    told = read_until(running.process, "unmuted")
    assert [event["event"] for event in told] == ["unmuted"]
    assert run("trigger") == (0, "edged listens\n", "")
    running.send(3.5)
    told = running.finish()
    assert [event["event"] for event in told if event["event"] != "partial"] == [
        "triggered", "listening", "endpoint", "final", "stats",
    ]  # fmt: skip
    stats = told[-1]
    assert stats["muted"] > 0
    assert stats["hops"] * 1280 + stats["gaps"] + stats["muted"] + stats["sample"] % 1280 == stats["sample"]
    assert not Path(socket).exists()


def test_where_no_edged_runs_or_takes_orders_the_command_line_says_so(config, models, socket):
    assert run("mute") == (69, "", "edged: edged is not running\n")
    assert run("mute", "--socket", socket)[2] == f"edged: {socket}: no such file or directory\n"
    running = begin(config, models, "")
    assert "takes no commands: set [sinks.socket] path" in run("mute")[2]
    running.send(0.5)
    running.finish()


def test_a_reload_is_answered_with_what_changed_or_why_it_was_not_taken(config, models, socket):
    toml = f'[sinks.socket]\npath = "{socket}"\n'
    running = begin(config, models, toml)
    caller = Caller(socket)
    assert caller.hear()["snapshot"]["words"] == ["hey_jarvis"]
    write_config(config, models, f"{toml}[heads]\nthreshold = 0.4\n[recognize]\nnice = 3\n")
    answer = caller.ask(command="reload", id=1)
    assert (answer["ok"], answer["now"], answer["later"]) == (True, ["heads"], ["recognize.nice"])
    write_config(config, models, f"{toml}[heads]\ntreshold = 0.4\n")
    answer = caller.ask(command="reload", id=2)
    assert answer["ok"] is False
    assert "[heads] treshold: unknown key; did you mean 'threshold'?" in answer["error"]
    running.send(0.5)
    assert texts(running.finish()) == [TEXT]
    caller.close()


@needs_broker
def test_asked_to_stop_it_says_goodbye_on_every_local_front_end(config, models, socket, tmp_path):
    broker = Broker(tmp_path)
    broker.start()
    heard = broker.listen("edged/kitchen/#")
    finals = tmp_path / "finals"
    running = begin(
        config,
        models,
        f'[sinks.socket]\npath = "{socket}"\n'
        f'[sinks.mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\nsite_id = "kitchen"\n'
        f'[sinks.hooks.commands]\nready = "sleep 600"\nfinal = "/bin/sh -c \'cat > {finals}\'"\n',
    )
    caller = Caller(socket)
    caller.hear()
    heard.until("edged/kitchen/available", "online")
    running.send(0.5, 4.6)
    read_until(running.process, "listening")
    running.process.send_signal(signal.SIGTERM)
    told = running.finish()
    running.process.stdin.close()
    assert len(texts(told)) == 1
    assert json.loads(finals.read_text())["event"] == "final"
    names = []
    while not names or names[-1] != "stats":
        names.append(caller.hear().get("event"))
    caller.close()
    assert "final" in names
    assert heard.until("edged/kitchen/available", "offline")
    assert [event["event"] for event in heard.events("edged/kitchen")][-2:] == ["final", "stats"]
    assert not Path(socket).exists()
    broker.close()


def test_a_socket_that_cannot_be_made_ends_the_start_with_a_sentence(config, models, tmp_path):
    write_config(config, models, f'[sinks.socket]\npath = "{tmp_path}/nowhere/s"\n')
    code, out, err = run("run", "-c", config, "--source", "stdin:16000", "--events", "-", stdin=-3)
    assert (code, out) == (74, "")
    assert err == f"edged: socket: cannot listen on {tmp_path}/nowhere/s: No such file or directory\n"
