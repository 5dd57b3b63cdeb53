"""A recognizer by itself: its cost is told with what ran, and how right it is where the text is known."""

import json

import pytest
from typer.testing import CliRunner

from edged.bench import app, asr
from edged.catalog.search import find
from edged.stages.audio.recording import read_all
from tests.bench.documented import missing
from tests.daemon import DEMO, TEXT

COMMAND = 61_722
"""Sample of the demo's recording at which its command begins."""


@pytest.fixture(scope="module")
def command():
    return DEMO, read_all(DEMO)[COMMAND:]


def test_cost_and_word_error_rate_are_told_of_what_ran(command):
    found = asr.run(find("selftest", "recognizer"), [command], "auto", {DEMO: "turn off the kitchen light"})
    (row,) = found["recordings"]
    assert row["text"] == TEXT and row["wrong_words"] == 1
    assert found["wer"] == 0.2
    assert found["backend"] == "cpu" and found["mode"] in ("streaming", "offline")
    assert found["rtf"] == pytest.approx(row["cpu_s"] / row["audio_s"], rel=0.01) == row["rtf"]
    assert found["rtf_p50"] == found["rtf_p95"] == found["rtf_max"] == row["rtf"]
    assert 0 < found["rtf"] < 10 and found["load_ms"] > 10
    assert 20 < found["memory_mb"]["rss"] <= found["memory_mb"]["peak_rss"]
    assert found["warm_up_recordings"] == 1


def test_without_a_reference_there_is_no_word_error_rate(command):
    found = asr.run(find("selftest", "recognizer"), [command], "auto", {})
    assert found["wer"] is None and found["recordings"][0]["wrong_words"] is None


def test_the_command_takes_the_text_beside_a_recording(command, tmp_path):
    import soundfile

    file = tmp_path / "command.wav"
    soundfile.write(file, command[1][:12_800], 16_000)
    file.with_suffix(".txt").write_text("turn on the kitchen")
    said = ["asr", str(file), "--repeats", "0", "--utterances", "5", "--json"]
    done = CliRunner().invoke(app, said, catch_exceptions=False)
    result = json.loads(done.stdout)
    assert (
        result["alone"]["wer"] == 0.0
        and result["alone"]["recordings"][0]["reference"] == "turn on the kitchen"
    )
    assert result["overhead"] is None
    assert missing(result, "header", "asr") == set()
    assert len(result["latency"]["waits_ms"]) == 5
    assert result["header"]["models"][0]["name"] == result["model"] == "selftest"
    assert result["header"]["recordings"][0]["seconds"] == 0.8
