"""What could never work where events go is refused by one sentence that names the place and the way out."""

import pytest

from edged.config.hook_names import ALIASES, EVENTS, event_of
from edged.config.load import load
from edged.config.show import as_toml
from edged.errors import ConfigError
from edged.messages import BODIES


def problems(tmp_path, toml: str) -> list[str]:
    file = tmp_path / "edged.toml"
    file.write_text(toml)
    try:
        load(file, environ={})
    except ConfigError as exc:
        return [problem.partition(": ")[2] for problem in exc.problems]
    return []


@pytest.mark.parametrize(
    "toml",
    [
        '[sinks.socket]\npath = "/run/edged/edged.sock"\n',
        '[sinks.hooks]\nmax_running = 1\ncommands = {gap = "led on", "streaming-stop" = "led \'off now\'"}\n',
        "[sinks.hooks]\ntimeout_s = 5\n[sinks.hooks.commands]\nmuted = 'led red'\n",
        '[sinks.mqtt]\nhost = "fd00::1"\nusername = "ear"\npassword = "x"\n',
        '[sinks.mqtt]\nhost = "mqtt.home"\ntls = true\nca = "/etc/ssl/home.pem"\nprefix = "home/ears"\n',
    ],
)
def test_what_works_is_taken(tmp_path, toml):
    assert problems(tmp_path, toml) == []


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ('[sinks.socket]\npath = "edged.sock"', "must be an absolute path, e.g. /run/edged/edged.sock"),
        (f'[sinks.socket]\npath = "/{"ä" * 60}"', "has 121 bytes; a unix socket's path has at most 107"),
        ('[sinks.hooks.commands]\nactivatoin = "led"', "did you mean 'activation'?"),
        ('[sinks.hooks.commands]\nscores = "led"', "no event that a hook hears of; events: ready, "),
        ('[sinks.hooks.commands]\ngap = "led \'on"', "is no command line: no closing quotation"),
        ('[sinks.hooks.commands]\ngap = " "', "must be a command line: a program and what it is given"),
        ("[sinks.hooks]\ntimeout_s = 3.0", "without commands nothing is run; set commands"),
        ('[sinks.mqtt]\nusername = "ear"', "without host nothing is sent; set host, or remove the key"),
        ("[sinks.mqtt]\nhermes = true", "without host nothing is sent; set host, or remove the key"),
        ('[sinks.mqtt]\nhost = "mqtt://broker"', "must be a name or an address alone"),
        ('[sinks.mqtt]\nhost = "broker:1883"', "the port has its own key"),
        ('[sinks.mqtt]\nhost = "b"\npassword = "s3cret"', "MQTT knows no password without a username"),
        ('[sinks.mqtt]\nhost = "b"\nca = "/c.pem"', "is only looked at with TLS; set tls = true"),
        ('[sinks.mqtt]\nhost = "b"\ntls = true\nca = "c.pem"', "must be an absolute path"),
        ('[sinks.mqtt]\nhost = "b"\nprefix = "home//ears"', "must be a topic such as edged or home/ears"),
        ('[sinks.mqtt]\nhost = "b"\nprefix = ""', "must be a topic such as edged or home/ears"),
        ('[sinks.mqtt]\nhost = "b"\nsite_id = "a/b"', "must be one level of a topic: no /, + or #"),
        ('[sinks.mqtt]\nhost = "b"\nqos = 2', "must be a whole number from 0 to 1"),
    ],
)
def test_what_cannot_work_is_one_sentence(tmp_path, toml, sentence):
    (problem,) = problems(tmp_path, toml + "\n")
    assert sentence in problem
    assert "s3cret" not in problem


def test_a_password_is_never_shown(tmp_path):
    file = tmp_path / "edged.toml"
    file.write_text('[sinks.mqtt]\nhost = "b"\nusername = "ear"\npassword = "s3cret"\n')
    shown = as_toml(load(file, environ={}))
    assert 'password = "***"' in shown
    assert "s3cret" not in shown


def test_every_event_but_scores_has_a_hook_and_every_alias_an_event():
    assert set(EVENTS) == {body.NAME for body in BODIES} - {"scores"}
    assert all(event_of(alias) in EVENTS for alias in ALIASES)
    assert event_of("streaming_start") == event_of("streaming-start") == "listening"
    assert event_of("timer_finished") == event_of("connected") == "assistant"
    assert event_of("scores") is None
