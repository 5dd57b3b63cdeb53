"""What is measured of clients is what happened: looks at a real daemon, and numbers from two looks."""

import pytest
import soundfile

from edged.bench.clients import run, table
from edged.bench.served import missed
from edged.errors import EdgedError
from tests.daemon import DEMO, models, write_config

__all__ = ["models"]


def test_a_crowd_and_satellites_are_counted(models, tmp_path):
    sound, _ = soundfile.read(DEMO, dtype="int16")
    config = write_config(tmp_path / "edged.toml", models, "[[heads.word]]\nname = 'hey_jarvis'\n")
    found = run(
        sound, sound[61_722:], config, clients=8, seconds=0.1, levels=(1,), level_s=1.0, calm_s=0.1, crowds=2
    )
    crowd, satellites = found["crowd"], found["satellites"]
    assert (crowd["visits"], crowd["answered"], crowd["text"]) == (16, 16, "turn on the kitchen light")
    assert all(kind["answered"] == 2 for kind in crowd["kinds"].values())
    assert len(crowd["rss_mb"]["after_each"]) == crowd["crowds"] == 2
    assert crowd["rss_mb"]["peak"] >= crowd["rss_mb"]["before"] > 40 < crowd["rss_mb"]["fresh"]
    (level,) = satellites["levels"]
    assert (level["streams"], level["refused"], level["detections_wanted"]) == (1, 0, 0)
    said = table(found)
    assert "8 clients of every kind" in said
    assert "microphone alone" in said


def test_hops_that_were_missed_are_lost_samples_and_frames_dropped():
    before = {("edged_gap_samples_total",): 10.0, ("edged_mailbox_dropped_total", "capture"): 1.0}
    after = {("edged_gap_samples_total",): 1300.0, ("edged_mailbox_dropped_total", "capture"): 4.0}
    assert missed(before, before) == 0
    assert missed(before, after) == 2 + 3


def test_a_daemon_that_does_not_serve_gives_its_sentence_and_no_number(models, tmp_path):
    sound, _ = soundfile.read(DEMO, dtype="int16")
    config = write_config(tmp_path / "edged.toml", models, "[heads]\ntreshold = 1\n")
    with pytest.raises(EdgedError, match=r"no measurement.*did you mean 'threshold'"):
        run(sound, sound, config, clients=1, levels=())
