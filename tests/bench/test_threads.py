"""Thread settings are measured in turn against edged's own, and no number is told of too few rounds."""

import pytest

from edged.bench.threads import SETTINGS, Setting, run, shuffled, table
from edged.errors import ConfigError
from tests.bench.documented import missing
from tests.oww_models import model


def test_every_setting_has_a_ratio_to_the_first_with_interval_and_n():
    chosen = (SETTINGS[0], Setting("2 threads", intra=2), SETTINGS[-1])
    result = run(model("embedding_model.onnx"), rounds=5, steps=2, settings=chosen)
    assert set(result["graphs"]) == {"streaming", "window"}
    for rows in result["graphs"].values():
        assert [row["name"] for row in rows] == [each.name for each in chosen]
        assert rows[0]["wall_ratio"] == {"median": 1.0, "low": 1.0, "high": 1.0, "n": 5}
        for row in rows:
            assert row["wall_ms"]["n"] == row["cpu_ms"]["n"] == row["cpu_ratio"]["n"] == 5
            assert 0 < row["wall_ratio"]["low"] <= row["wall_ratio"]["median"] <= row["wall_ratio"]["high"]
    assert missing(result, "threads") == set()
    text = table(result)
    assert "4 threads, 2 parallel, spinning" in text and "window" in text


def test_the_settings_begin_with_edged_s_and_hold_the_advice_for_servers():
    assert SETTINGS[0] == Setting("edged", intra=1, inter=1, parallel=False, spinning=False)
    advised = SETTINGS[-1]
    assert (advised.intra, advised.inter, advised.parallel) == (4, 2, True)


def test_no_setting_always_follows_the_same_other():
    rounds = shuffled(7, 40)
    assert all(sorted(order) == list(range(7)) for order in rounds)
    before = {order[place - 1] for order in rounds for place in range(1, 7) if order[place] == 0}
    assert before == {1, 2, 3, 4, 5, 6}
    assert shuffled(7, 40) == rounds


def test_too_few_rounds_are_refused():
    with pytest.raises(ConfigError, match="3 rounds tell nothing"):
        run(model("embedding_model.onnx"), rounds=3, steps=1)
