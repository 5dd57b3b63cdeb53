"""What a process measures: the part that was asked for, on what really ran; or why it could not."""

import os

import pytest

from edged.config.load import load
from edged.tune.question import Answer, Question, ask
from tests.daemon import DEMO, models, write_config
from tests.machines import put

__all__ = ["models"]


@pytest.fixture
def config(models, tmp_path):
    def config(more: str = ""):
        return load(write_config(tmp_path / "edged.toml", models, more), {}).config

    return config


def test_the_path_is_measured_hop_by_hop(config):
    found = ask(Question(config(), "path"))
    assert isinstance(found, Answer), found
    assert found.cost > 0
    assert found.wall_ms > 0
    assert found.ran == "features cpu, heads cpu"


def test_operators_side_by_side_can_be_measured_though_no_key_asks_for_them(config):
    found = ask(Question(config(), "path", parallel=2))
    assert isinstance(found, Answer), found


@pytest.mark.parametrize("sounds", [(), (DEMO,)])
def test_a_recognizer_is_measured_with_as_many_threads_as_asked(config, sounds):
    found = ask(Question(config("[recognize]\nthreads = 2\n"), "recognizer", sounds))
    assert isinstance(found, Answer), found
    assert found.cost > 0
    assert found.ran == "recognizer selftest, streaming, 2 threads"


def test_it_runs_on_the_cores_that_the_daemon_would_choose(config, tmp_path, monkeypatch):
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        pytest.skip("one CPU: there is nothing to choose")
    board = tmp_path / "board"
    for cpu in allowed:
        capacity = 397 if cpu == allowed[0] else 1024
        put(board, f"/sys/devices/system/cpu/cpu{cpu}/cpu_capacity", f"{capacity}\n")
    monkeypatch.setenv("EDGED_SYSROOT", str(board))
    assert isinstance(ask(Question(config(), "path")), Answer)


@pytest.mark.parametrize(
    ("more", "part", "why"),
    [
        ('[features]\nbackend = "ort-opencl"\n', "path", "ort-opencl: [features]: "),
        ('[recognize]\nmodel = "absent"\n', "recognizer", "no model is called 'absent'"),
    ],
)
def test_what_cannot_run_here_says_why(config, more, part, why):
    found = ask(Question(config(more), part))
    assert isinstance(found, str)
    assert why in found


def test_one_that_hangs_is_ended(config):
    assert ask(Question(config(), "path"), limit_s=0.01) == "the process that measures it hangs"
