"""A reception as the daemon has it, on real models, for tests that run on its loop."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from edged.config.load import load
from edged.config.rules import FRONT_ENDS
from edged.config.schema import Config
from edged.runtime.ears import Ears
from edged.runtime.exchange import Exchange
from edged.runtime.jobs.pool import Pool
from edged.runtime.jobs.spool import Spool
from edged.runtime.kit import open_kit, open_recognizer
from edged.runtime.watch import Watch
from edged.serve.access import Access
from edged.serve.admission import Admission
from edged.serve.clients.visit import Door as Address
from edged.serve.clients.visit import Spoken
from edged.serve.front_end import Door
from edged.serve.house import _opener
from edged.serve.loop import Loop
from edged.serve.reception import Reception
from edged.serve.recordings import Recordings
from edged.serve.sherpa.front_end import Sherpa
from edged.serve.wyoming.front_end import Wyoming
from tests.daemon import DEMO, TEXT, models, write_config
from tests.serve.box import Box, with_satellite

__all__ = ["models"]

COMMAND_BEGINS = 61_722
"""Sample of the demo at which its command begins."""


@pytest.fixture(scope="session")
def served_config(models, tmp_path_factory) -> Config:
    path = tmp_path_factory.mktemp("serve") / "edged.toml"
    ports = "".join(f"[serve.{name}]\nport = 0\n" for name in FRONT_ENDS if name != "sherpa")
    serve = f"[serve]\nmax_streams = 4\nidle_s = 2.0\n{ports}[serve.sherpa]\nport = 0\noffline_port = 0\n"
    return load(write_config(path, models, f'[[heads.word]]\nname = "hey_jarvis"\n{serve}')).config


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    loop = Loop()
    loop.start()
    yield loop
    loop.stop()


@pytest.fixture(scope="module")
def reception(served_config, loop) -> Iterator[Reception]:
    with contextlib.ExitStack() as opened:
        kit = open_kit(served_config)
        opened.callback(kit.close)
        ears = Ears(lambda worker: None)
        exchange = Exchange(
            lambda on_reply: open_recognizer(kit.recognizer, served_config.recognize, on_reply)
        )
        opened.callback(exchange.close)
        watch = Watch(served_config, kit)
        opened.callback(watch.close)
        opened.callback(ears.close)
        ears.start()
        yield Reception(served_config, kit, ears, exchange, lambda *event: None, watch)


@pytest.fixture(scope="session")
def command():
    """The demo's command without its wake word, shape (n,), int16, 16 kHz."""
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    return pcm[COMMAND_BEGINS:]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A certificate of `localhost` and its key, as `openssl req -x509` makes them."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, *name, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


@pytest.fixture(scope="module")
def recordings(served_config, tmp_path_factory) -> Iterator[Recordings]:
    with contextlib.ExitStack() as opened:
        spool = Spool(tmp_path_factory.mktemp("recordings"))
        opened.callback(spool.close)
        pool = Pool(served_config)
        opened.callback(pool.close)
        yield Recordings(pool, spool, most=8 * 10**6)


@pytest.fixture(scope="module")
def door(served_config, reception, recordings) -> Door:
    """What front ends are given, with room for eight connections."""
    return Door(served_config, reception, Access(""), Admission("connections", 8, 8), None, recordings)


@pytest.fixture(scope="module")
def served_box() -> Box:
    """Whose satellite `served` has."""
    return Box(keeps=False)


@pytest.fixture(scope="module")
def served(loop, door, served_box):
    """Where every front end listens that needs no run behind it, as the page does."""
    doors = {name: door for name in FRONT_ENDS if name != "dashboard"}
    doors["wyoming"] = with_satellite(door, served_box)
    front_ends = [_opener(name)(each) for name, each in doors.items()]
    ports = {front_end.name: loop.run(front_end.start(), 60) for front_end in front_ends}
    (sherpa,) = (each for each in front_ends if isinstance(each, Sherpa))
    ports["sherpa_files"] = sherpa.offline_port
    (wyoming,) = (each for each in front_ends if isinstance(each, Wyoming))
    ports["satellite"] = wyoming.satellite_port
    yield Address(ports)
    for front_end in front_ends:
        loop.run(front_end.stop(), 60)


@pytest.fixture(scope="module")
def spoken(command) -> Spoken:
    """The microphone hears the WAV whole and takes what follows the wake word: others send that part."""
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    return Spoken(pcm, command, TEXT)
