"""Every command of docs/socket.md, hooks.md and mqtt.md is run as it stands, against an edged that hears."""

import json
import re
import shutil
import subprocess

import pytest

from edged.config.hook_names import ALIASES, EVENTS
from edged.config.load import load
from edged.messages import to_json
from edged.stages.sinks.order import NAMES
from tests.cli.test_orders import begin, socket
from tests.cli.test_run import read_until
from tests.daemon import ROOT, config, models
from tests.stages.sinks.broker import Broker, needs_broker
from tests.stages.sinks.clerk import final

__all__ = ["config", "models", "socket"]

PAGES = {
    name: (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("socket", "hooks", "mqtt")
}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGES[page], re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_the_configuration_of_a_page_is_a_good_one(page, tmp_path, monkeypatch):
    (tmp_path / "mqtt").write_text("s3cret\n")
    (toml,) = blocks(page, "toml")
    file = tmp_path / "edged.toml"
    file.write_text(toml)
    load(file, environ={"CREDENTIALS_DIRECTORY": str(tmp_path)})


@pytest.mark.skipif(not shutil.which("socat"), reason="socat is not installed")
def test_the_commands_of_the_socket_s_page(config, models, socket):
    look, order = blocks("socket", "sh")
    running = begin(config, models, f'[sinks.socket]\npath = "{socket}"\n')
    looking = subprocess.Popen(
        look.replace("/run/edged/edged.sock", socket), shell=True, text=True, stdout=subprocess.PIPE
    )
    assert json.loads(looking.stdout.readline())["snapshot"]["words"] == ["hey_jarvis"]
    ordered = subprocess.run(
        order.replace("/run/edged/edged.sock", socket),
        shell=True, text=True, capture_output=True, timeout=30,
    )  # fmt: skip
    (example,) = blocks("socket", "json")
    assert json.loads(ordered.stdout) == json.loads(example)
    running.send(0.5)
    running.finish()
    told = [json.loads(line)["event"] for line in looking.stdout]
    assert (told[0], told[-1]) == ("triggered", "stats")
    looking.wait(20)
    looking.stdout.close()


@needs_broker
def test_the_commands_of_the_mqtt_page(config, models, socket, tmp_path):
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "ear", "PASSWORD"], check=True, timeout=20)
    broker = Broker(tmp_path, f"allow_anonymous false\npassword_file {passwords}\n")
    broker.start()
    (toml,) = blocks("mqtt", "toml")
    toml = toml.replace('"192.168.1.2"', f'"127.0.0.1"\nport = {broker.port}')
    toml = toml.replace("credential:mqtt", "PASSWORD")
    look, mute = blocks("mqtt", "sh")[0].replace("-h 192.168.1.2", f"-p {broker.port}").splitlines()
    looking = subprocess.Popen(f"exec {look}", shell=True, text=True, stdout=subprocess.PIPE)
    running = begin(config, models, toml)
    said = ""
    while '"state": "hearing"' not in said:
        said += looking.stdout.readline()
    subprocess.run(mute, shell=True, check=True, timeout=20)
    assert read_until(running.process, "muted")[-1]["by"] == "mqtt"
    while "edged/kitchen/event/muted" not in said:
        said += looking.stdout.readline()
    running.send(0.5)
    running.finish()
    while "edged/kitchen/available offline" not in said:
        said += looking.stdout.readline()
    assert "edged/kitchen/available online" in said
    looking.terminate()
    looking.wait(20)
    looking.stdout.close()
    broker.close()


def test_the_programs_of_the_hooks_page(tmp_path):
    led, say = tmp_path / "edged-led", tmp_path / "edged-say"
    led.write_text(blocks("hooks", "sh")[0])
    say.write_text(blocks("hooks", "python")[0])
    led.chmod(0o755)
    say.chmod(0o755)
    light = tmp_path / "user-led"
    light.mkdir()
    (light / "max_brightness").write_text("255\n")
    for state, brightness in (("on", "255\n"), ("off", "0\n")):
        subprocess.run([led, light, state], check=True, timeout=20)
        assert (light / "brightness").read_text() == brightness
    assert subprocess.run([led, light, "dim"], timeout=20, capture_output=True).returncode == 2

    said = subprocess.run(
        [say], input=json.dumps(to_json(final("turn on"))), text=True, capture_output=True, timeout=20
    )
    assert said.stderr == "mic: turn on\n"


def test_every_event_alias_and_order_is_on_its_page():
    listed = PAGES["hooks"][PAGES["hooks"].index("## Events") :]
    assert all(f"`{name}`" in listed for name in (*EVENTS, *ALIASES))
    assert all(f"`{name}`" in PAGES["socket"] for name in NAMES)
