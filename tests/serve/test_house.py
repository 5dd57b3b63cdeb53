"""Front ends open after the run and close before it; one that cannot listen costs nobody else."""

import asyncio
import socket
import subprocess
import sys

import pytest

from edged.config.load import load
from edged.errors import ConfigError
from edged.runtime.pipeline import Pipeline
from edged.serve.front_end import Door
from edged.serve.house import House
from edged.serve.wanted import around
from tests.daemon import DEMO, write_config

LONG_S = 60
WORD = "[[heads.word]]\nname = 'hey_jarvis'\n"
NAMES = ("wyoming", "funasr", "sherpa", "openai", "dashboard")


class Echo:
    """A front end that answers each line with itself."""

    def __init__(self, door: Door, name: str, stops: list[str]) -> None:
        self.name = name
        self._server = getattr(door.config.serve, name)
        self._stops = stops

    async def start(self) -> int:
        self._listening = await asyncio.start_server(self._serve, self._server.bind, self._server.port)
        return self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._stops.append(self.name)
        self._listening.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()


@pytest.fixture
def open_house(models, tmp_path):
    opened: list[House] = []
    stops: list[str] = []

    def open_it(funasr: int = 0, sherpa: int = 0) -> House:
        more = f"{WORD}[serve.funasr]\nport = {funasr}\n[serve.sherpa]\nport = {sherpa}\n"
        config = load(write_config(tmp_path / "edged.toml", models, more)).config
        config = config.model_copy(
            update={"audio": config.audio.model_copy(update={"source": f"wav:{DEMO}"})}
        )
        names = ("funasr", "sherpa")
        openers = [lambda door, name=name: Echo(door, name, stops) for name in names]
        opened.append(House(Pipeline(config, fast=True), config, openers))
        return opened[-1]

    yield open_it, stops
    for house in opened:
        house.stop()


def ask(address: tuple[str, int]) -> bytes:
    with socket.create_connection(address, LONG_S) as connection:
        connection.sendall(b"hello\n")
        return connection.makefile("rb").readline()


def test_all_front_ends_listen_while_the_run_hears_and_are_gone_after_it(open_house):
    open_it, stops = open_house
    house = open_it()
    house.start()
    assert {name: ask(address) for name, address in house.addresses.items()} == {
        "funasr": b"hello\n",
        "sherpa": b"hello\n",
    }
    assert {"ears", "serve"} <= {worker.name for worker in house.workers}
    assert house.done.wait(LONG_S)
    house.stop()
    assert stops == ["funasr", "sherpa"]
    assert house.hops > 0
    assert house.failure is None
    with pytest.raises(ConnectionRefusedError):
        ask(house.addresses["funasr"])


def test_a_port_that_is_taken_costs_only_its_own_front_end(open_house):
    open_it, _ = open_house
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        house = open_it(funasr=port)
        house.start()
        assert ask(house.addresses["sherpa"]) == b"hello\n"
        assert "funasr" not in house.addresses
        (sentence,) = house.standing.degraded
        assert sentence.startswith(f"funasr does not listen (127.0.0.1:{port}: ")
        house.stop()


def test_stopped_before_it_was_started_it_closes_what_it_opened(open_house):
    open_it, stops = open_house
    open_it().stop()
    assert stops == []


def test_where_none_is_enabled_the_run_is_left_as_it_is(models, tmp_path):
    config = load(
        write_config(tmp_path / "edged.toml", models, "[[heads.word]]\nname = 'hey_jarvis'\n")
    ).config
    config = config.model_copy(update={"audio": config.audio.model_copy(update={"source": f"wav:{DEMO}"})})
    run = Pipeline(config, fast=True)
    assert around(run, config) is run
    run.stop()


def test_where_none_is_enabled_nothing_that_serves_them_is_imported():
    code = "import sys, edged.serve.wanted; print([m for m in ('asyncio', 'aiohttp') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[serve.openai]\nenabled = true\nbind = '0.0.0.0'", "set [serve] token, or allow_plain = true"),
        (
            "[serve.wyoming]\nenabled = true\nbind = '::'\n[serve]\ntoken = 'x'",
            "has no place for a token",
        ),
        ("[serve.openai]\nenabled = true\nbind = 'edged.lan'", "open to the network without a password"),
        (
            "[serve.openai]\nenabled = true\n[serve.sherpa]\nenabled = true\nport = 8000",
            "is the port of",
        ),
        ("[serve]\ntls_key = '/k.pem'", "is of no use without tls_cert"),
        ("[serve.wyoming]\nannounce = true", "nobody else reaches 127.0.0.1"),
        (f"[serve.wyoming]\nname = '{32 * 'é'}'", "at most 63 bytes"),
        ("[serve.wyoming]\nname = 'ear.lan'", "must have no dot"),
        (
            "[serve.wyoming]\nenabled = true\nsatellite = true\nsatellite_port = 10400",
            "10400 is the port of [serve.wyoming] already",
        ),
        ("[serve.wyoming]\nsatellite_port = 1", "is a satellite's; set satellite = true"),
        ("[serve.wyoming]\narea = 'Kitchen'", "is a satellite's; set satellite = true"),
        ("[serve.wyoming]\nend_stage = 'tts'", "is a satellite's; set satellite = true"),
    ],
)
def test_a_door_left_open_is_refused_by_config_check(tmp_path, toml, sentence):
    path = tmp_path / "edged.toml"
    path.write_text(toml)
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "toml",
    [
        "[serve.openai]\nenabled = true\nbind = '0.0.0.0'\n[serve]\ntoken = 'x'",
        "[serve.wyoming]\nenabled = true\nbind = '0.0.0.0'\n[serve]\nallow_plain = true",
        "[serve.wyoming]\nenabled = true\nbind = '0.0.0.0'\nannounce = true\n[serve]\nallow_plain = true",
        "[serve.openai]\nenabled = true\nbind = '::1'",
        "[serve.openai]\nbind = '0.0.0.0'",
    ],
)
def test_a_token_consent_or_loopback_is_enough(tmp_path, toml):
    path = tmp_path / "edged.toml"
    path.write_text(toml)
    load(path)


def test_nothing_listens_beyond_this_machine_by_default(tmp_path):
    path = tmp_path / "edged.toml"
    path.write_text("")
    serve = load(path).config.serve
    assert {getattr(serve, name).bind for name in NAMES} == {"127.0.0.1"}
    assert not any(getattr(serve, name).enabled for name in NAMES)
