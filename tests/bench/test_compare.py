"""Two sides on the same recordings: both really ran, in turn, and what they heard is compared as well."""

import json

import pytest
from typer.testing import CliRunner

from edged.bench import app, compare
from edged.bench.compare_table import table
from edged.bench.side import asked
from edged.errors import ConfigError, EdgedError, ProviderUnavailable
from tests import pocl
from tests.bench.documented import missing
from tests.bench.test_stages import with_pocl
from tests.daemon import DEMO, TEXT, config, models, write_config

__all__ = ["config", "models", "with_pocl"]

ROUNDS = 5


def test_backends_are_compared_by_name_and_the_rows_are_of_what_ran(models, tmp_path, with_pocl):
    """An OpenCL device and the CPU: the same decisions and texts, scores as near as the gate asks."""
    base = write_config(tmp_path / "edged.toml", models, '[features]\ndevice = "pocl"\n')
    result = compare.run(asked("cpu", base), asked("opencl", base), [DEMO], ROUNDS)
    a, b = result["sides"]["a"], result["sides"]["b"]
    assert set(a["stages_ms"]) == {"features cpu", "heads cpu", "listen cpu", "recognize cpu"}
    assert set(b["stages_ms"]) == {"features opencl", "heads cpu", "listen cpu", "recognize cpu"}
    assert b["device"]["features"] == with_pocl
    assert {each["n"] for side in (a, b) for each in side["stages_ms"].values()} == {ROUNDS}
    for measure in ("utterance_ms", "utterances_per_min", "rtf", "cpu_s"):
        assert a[measure]["median"] > 0 and b[measure]["n"] == ROUNDS
        ratio = result["b_over_a"][measure]
        assert ratio["low"] <= ratio["median"] <= ratio["high"] and ratio["n"] == ROUNDS
    assert set(result["b_over_a"]["stages_ms"]) == {"features", "heads", "listen", "recognize"}
    assert result["warm_up_rounds"] == 1 and result["order"] == "ABBA"
    assert result["scores"]["words"]["hey_jarvis"]["hops"] == result["hops"]
    assert 0 < result["scores"]["max_dscore"] < 1e-3
    assert result["decisions"] == {"a": 1, "b": 1, "equal": True, "differing": []}
    assert result["texts"] == {"wer": 0.0, "equal": True, "differing": []}
    assert 40 < a["peak_memory_mb"]["process"] < a["peak_memory_mb"]["together"] < 1000
    assert a["energy_j"] is None and result["b_over_a"]["energy_j"] is None  # this machine tells nothing
    text = table(result)
    assert "A: cpu: ran features cpu" in text and "B: opencl: ran features opencl" in text
    assert "features ms, cpu / opencl" in text
    assert f"n = {ROUNDS}" in text and "1 before them not counted" in text


def test_configurations_that_hear_otherwise_are_told_with_what_they_heard(models, tmp_path):
    loose = write_config(tmp_path / "loose.toml", models)
    word = '[[heads.word]]\nname = "hey_jarvis"\nthreshold = 1.0\n[[heads.word]]\nname = "alexa"\n'
    strict = write_config(tmp_path / "strict.toml", models, word)
    done = CliRunner().invoke(
        app,
        ["compare", str(loose), str(strict), str(DEMO), "--rounds", "5", "--json"],
        catch_exceptions=False,
    )
    result = json.loads(done.stdout)
    assert result["decisions"]["a"] == 1 and result["decisions"]["b"] == 0
    assert [row["file"] for row in result["decisions"]["differing"]] == [str(DEMO)]
    assert result["texts"]["wer"] == 1.0
    assert result["texts"]["differing"] == [{"file": str(DEMO), "a": TEXT, "b": ""}]
    assert result["scores"]["max_dscore"] == 0.0
    assert result["scores"]["words_of_one_side"] == ["alexa"]
    assert result["b_over_a"]["stages_ms"]["recognize"] is None  # one side alone: no ratio
    assert {model["name"] for model in result["header"]["models"]} >= {"hey_jarvis", "alexa", "selftest"}
    assert result["header"]["recordings"][0]["file"] == str(DEMO)
    assert result["header"]["after"]["load"]
    assert missing(result, "header", "compare") == set()


def test_a_stage_that_fell_back_is_told_and_its_row_has_the_name_of_what_ran(models, tmp_path):
    asks = write_config(
        tmp_path / "asks.toml", models, '[features]\nbackend = "ort-opencl"\nfallback = ["cpu"]\n'
    )
    wakes_only = "[recognize]\nenabled = false\n"
    plain = write_config(tmp_path / "plain.toml", models, wakes_only)
    result = compare.run(asked(str(plain), None), asked(str(asks), None), [DEMO], ROUNDS)
    side = result["sides"]["b"]
    assert side["ran"]["features"] == "cpu" and "features cpu" in side["stages_ms"]
    refused = [each for each in side["verdicts"] if each["provider"] == "ort-opencl"]
    assert "no OpenCL execution provider" in refused[0]["reason"]
    assert "features ort-opencl: " in table(result)
    assert result["sides"]["a"]["recognizer"] is None and result["texts"]["wer"] is None


def test_a_backend_that_was_named_and_does_not_serve_is_no_measurement(config):
    with pytest.raises(ProviderUnavailable, match=r"ort-opencl: .*no OpenCL execution provider"):
        compare.run(asked("cpu", config), asked("ort-opencl", config), [DEMO], ROUNDS)


def test_fewer_than_five_rounds_are_refused_before_anything_runs(config):
    with pytest.raises(ConfigError, match="4 rounds tell nothing"):
        CliRunner().invoke(
            app,
            ["compare", "cpu", "cpu", "none.wav", "-c", str(config), "--rounds", "4"],
            catch_exceptions=False,
        )


def test_what_is_no_side_is_told(config):
    with pytest.raises(ConfigError, match="gpu: neither a file nor one of the providers cpu, opencl"):
        asked("gpu", config)


def test_a_side_that_breaks_gives_its_sentence_and_no_number(config, tmp_path):
    with pytest.raises(EdgedError, match=r"cpu: .*none\.wav: no such file"):
        compare.run(asked("cpu", config), asked("cpu", config), [tmp_path / "none.wav"], ROUNDS)


def test_pocl_is_what_these_tests_say(with_pocl):
    assert pocl.device().name.strip() == with_pocl
