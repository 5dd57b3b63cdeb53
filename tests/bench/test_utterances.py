"""Growth of memory is told per utterance, for both processes, and outliers do not make it."""

import numpy as np
import pytest

from edged.bench.utterances import growth, run
from edged.errors import AudioInputError
from tests.stages.recognize import tiny_ctc


@pytest.fixture(autouse=True)
def this_machine(monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", "/")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_ctc.make(tmp_path_factory.mktemp("tiny"))


def test_growth_is_that_after_the_warm_up_whatever_a_few_looks_say():
    looks = np.arange(1000, dtype=np.int64) * 300 + 50_000_000
    looks[:200] = np.arange(200) * 90_000
    looks[500:520] += 8_000_000
    assert growth(looks) == pytest.approx(300, rel=0.02)
    assert growth(np.full(50, 7)) == 0


@pytest.mark.parametrize("mode", ["streaming", "offline"])
def test_a_hundred_utterances_hardly_take_memory(model, mode):
    found = run([tiny_ctc.sound(1, 0.8), tiny_ctc.sound(2, 0.3)], model, mode, count=100)
    assert (found["mode"], found["utterances"], found["warm_up"]) == (mode, 100, 20)
    assert found["asking_mb"] > 20
    assert found["asked_mb"] > 20
    assert abs(found["asked_bytes_per_utterance"]) < 100_000


def test_recordings_without_sound_are_refused(model):
    with pytest.raises(AudioInputError, match="no sound"):
        run([tiny_ctc.sound(1, 0.0)], model)
