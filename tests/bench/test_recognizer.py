import os
import subprocess
import sys

import pytest

from edged.bench.recognizer import latency, overhead, process_cpu_s
from edged.errors import AudioInputError, RecognizerDied
from tests.stages.recognize import tiny_ctc


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_ctc.make(tmp_path_factory.mktemp("tiny"))


def test_the_processor_time_of_another_process_is_its_own():
    busy = "import time\nwhile time.process_time() < 0.2: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert 0.2 <= process_cpu_s(process.pid) < 2
        process.stdin.close()


@pytest.mark.parametrize("mode", ["streaming", "offline"])
def test_overhead_is_the_difference_of_two_costs_of_the_same_sound(model, mode):
    found = overhead(model, [tiny_ctc.sound(1, 1.0)], mode, repeats=1, speed=20, at_least_s=1.5)
    assert found["mode"] == mode
    assert found["audio_s"] == 2.0
    assert found["same_text"]
    assert found["direct_ms_per_min"] > 0
    difference = found["child_ms_per_min"] - found["direct_ms_per_min"]
    assert found["overhead_ms_per_min"] == pytest.approx(difference, abs=0.02)


def test_recordings_without_sound_are_refused(model):
    with pytest.raises(AudioInputError, match="no sound"):
        overhead(model, [tiny_ctc.sound(1, 0.0)])


def test_latency_counts_from_the_end_of_the_command(model):
    found = latency(model, [tiny_ctc.sound(2, 0.3)], "streaming", count=3)
    assert found["utterances"] == 3
    assert 0 < found["p50_ms"] <= found["p95_ms"] <= found["max_ms"] < 5_000


def test_a_process_that_dies_gives_no_number(model):
    from edged.bench import recognizer as bench

    session = bench._Session(model, "streaming")
    with session.running():
        os.kill(session.recognizer.pid, 9)
        session.say(tiny_ctc.sound(3, 0.3), speed=50)
        session.finish()
        with pytest.raises(RecognizerDied, match="no measurement"):
            session.answered()
