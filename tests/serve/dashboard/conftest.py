"""A daemon's house whose recording is over, so that nothing moves but what a test moves."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edged.config.load import load
from edged.runtime.pipeline import Pipeline
from edged.serve.house import House
from edged.serve.wanted import around
from tests.daemon import DEMO, models, write_config

__all__ = ["models"]

LONG_S = 60


@dataclass
class Served:
    """A house with the dashboard, and where its clips lie."""

    house: House
    run: Pipeline
    clips: Path

    @property
    def port(self) -> int:
        return self.house.addresses["dashboard"][1]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def kept(self, kind: str) -> list[str]:
        """Return the ids of the clips of a kind."""
        found = self.clips.iterdir() if self.clips.is_dir() else ()
        return [each.name for each in found if f"Z-{kind}-" in each.name and each.name[0] != "."]

    @property
    def wake(self) -> str:
        """Id of the recording's wake."""
        return self.kept("wake")[0]


@pytest.fixture(scope="session")
def serve(models, tmp_path_factory) -> Callable:
    @contextlib.contextmanager
    def serving(more: str = "", serve: str = "") -> Iterator[Served]:
        """Serve the dashboard of a run that heard the demo; `more` is of its table, `serve` of [serve]."""
        folder = tmp_path_factory.mktemp("dashboard")
        clips = folder / "clips"
        toml = (
            "[[heads.word]]\nname = 'hey_jarvis'\n[[heads.word]]\nname = 'alexa'\n"
            f"[clips]\nenabled = true\ndir = '{clips}'\n[serve]\nidle_s = 2.0\n{serve}\n"
            f"[serve.dashboard]\nenabled = true\nport = 0\n{more}\n"
        )
        config = load(write_config(folder / "edged.toml", models, toml), environ={}).config
        audio = config.audio.model_copy(update={"source": f"wav:{DEMO}"})
        config = config.model_copy(update={"audio": audio})
        run = Pipeline(config, fast=True)
        house = around(run, config)
        assert isinstance(house, House)
        try:
            house.start()
            assert house.done.wait(LONG_S)
            served = Served(house, run, clips)
            deadline = time.monotonic() + LONG_S
            while not served.kept("wake"):  # the writer is a thread of its own
                assert time.monotonic() < deadline, "no clip of the wake was written"
                threading.Event().wait(0.02)
            yield served
        finally:
            house.stop()

    return serving


@pytest.fixture(scope="module")
def served(serve) -> Iterator[Served]:
    with serve() as served:
        yield served
