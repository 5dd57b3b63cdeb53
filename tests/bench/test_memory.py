"""The memory measurement tells the daemon's memory, and nothing where there was no daemon to measure."""

import os
import socket

import numpy as np
import pytest
import soundfile

from edged.bench.memory import memory_mb, run
from edged.errors import EdgedError
from tests.bench.documented import missing
from tests.daemon import DEMO, config, models, write_config

__all__ = ["config", "models"]


def test_a_process_that_takes_memory_is_seen_to_take_it():
    before = memory_mb(os.getpid())
    block = np.ones(32 * 2**20, np.uint8)
    after = memory_mb(os.getpid())
    assert 30 <= after["rss"] - before["rss"] <= 34
    assert after["pss"] <= after["rss"] <= after["peak_rss"]
    del block


def test_the_daemon_hears_with_less_than_its_budget_and_leaves_nothing_behind(config):
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    found = run([pcm], config, seconds=16.0, speed=4.0)
    assert missing(found, "memory") == set()
    assert 40 < found["rss"] <= found["peak_rss"] <= 110, found


def test_a_daemon_that_serves_its_metrics_meanwhile_is_not_in_the_way(models, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        more = f'[telemetry]\nmetrics = "127.0.0.1:{port}"\nmetrics_file = "/nowhere/edged.prom"\n'
        found = run([np.ones(1280, np.int16)], write_config(tmp_path / "edged.toml", models, more), 2.0, 10.0)
    assert found["peak_rss"] > 20


def test_a_daemon_that_does_not_start_gives_its_sentence_and_no_number(models, tmp_path):
    config = write_config(tmp_path / "edged.toml", models, "[heads]\ntreshold = 1\n")
    with pytest.raises(EdgedError, match=r"no measurement.*did you mean 'threshold'"):
        run([np.ones(1280, np.int16)], config, seconds=2.0, speed=0.1)
