"""The soak compares every loop with the first, and sees what grows."""

import numpy as np
import pytest
import soundfile

from edged.bench.soak import Loops, loop_of, run, slope
from edged.errors import EdgedError
from edged.geometry import HOP
from tests.daemon import DEMO, config, models

__all__ = ["config", "models"]


def heard(loop, place, score=0.9, name="activation"):
    return {"event": name, "word": "alexa", "score": score, "sample": loop * 6400 + place}


def judged(*events):
    loops = Loops(6400)
    for event in events:
        loops.note(event)
    loops.finish()
    return loops.closed, loops.differing


def test_equal_loops_are_equal_and_what_is_not_compared_does_not_count():
    stats = {"event": "stats", "sample": 6400}
    assert judged(heard(0, 1280), stats, heard(1, 1280), heard(2, 1280)) == (3, [])


def test_another_score_place_or_count_is_a_difference():
    assert judged(heard(0, 1280), heard(1, 1280, 0.8), heard(2, 1280)) == (3, [2])
    assert judged(heard(0, 1280), heard(1, 2560), heard(2, 1280)) == (3, [2])
    assert judged(heard(0, 1280), heard(1, 1280), heard(1, 6400), heard(2, 1280)) == (3, [2])


def test_the_end_of_the_last_hop_belongs_to_its_own_loop():
    assert judged(heard(0, 6400), heard(1, 6400)) == (2, [])


def test_a_loop_is_whole_hops_of_all_the_recordings():
    loop = loop_of([np.full(777, 1000, np.int16), np.full(5000, -2000, np.int16)])
    assert len(loop) % HOP == 0
    assert (np.count_nonzero(loop == 1000), np.count_nonzero(loop == -2000)) == (777, 5000)
    assert np.array_equal(loop, loop_of([np.full(777, 1000, np.int16), np.full(5000, -2000, np.int16)]))


def test_the_slope_is_that_of_the_line():
    assert slope([(0.0, 5.0), (1.0, 7.0), (2.0, 9.0)]) == pytest.approx(2.0)


def test_a_short_soak_of_the_demo_gives_the_same_in_every_loop(config):
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    found = run([pcm], config, hours=0.01)
    assert found["loops"] == found["judged"] == 20
    assert found["differing_loops"] == []
    assert found["heard_per_loop"][-1] == "final turn on the kitchen light"
    assert found["descriptors"][0] == found["descriptors"][1]
    assert found["children_rss_mb"][0] > 20


def test_a_daemon_that_cannot_start_is_told_of(tmp_path):
    (tmp_path / "edged.toml").write_text("[heads]\ntreshold = 1\n")
    with pytest.raises(EdgedError, match="did you mean 'threshold'"):
        run([np.ones(1280, np.int16)], tmp_path / "edged.toml", hours=0.01)
