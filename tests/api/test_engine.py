"""An engine turns files and arrays into text, by the recognizer's own process, and says what it cannot."""

import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

import edged
from edged.messages import Metrics
from tests.daemon import DEMO, TEXT

pytestmark = pytest.mark.usefixtures("at_home")

COMMAND = 61_722
"""Sample of the demo recording at which the command begins; scripts/make-demo-recording prints it."""


@pytest.fixture(scope="module")
def command() -> np.ndarray:
    return soundfile.read(DEMO, dtype="int16")[0][COMMAND:]


@pytest.fixture(scope="module")
def engine(models):
    with edged.Engine("demo/edged.toml", models__dir=str(models)) as engine:
        yield engine


def test_an_array_a_file_and_another_rate_give_the_same_text(engine, command, tmp_path):
    file = tmp_path / "command.flac"
    soundfile.write(file, command, 16_000)
    at_48k = soxr.resample(command.astype(np.float32) / 32768, 16_000, 48_000)
    stereo = np.stack([command, command], axis=1)
    floats = command / 32768
    for audio, rate in ((command, 16_000), (file, 1), (str(file), 1), (at_48k, 48_000), (stereo, 16_000)):
        assert engine.transcribe(audio, rate).text == TEXT
    assert engine.transcribe(floats).text == TEXT


def test_a_result_has_words_with_times_and_what_it_cost(engine, command):
    result = engine.transcribe(command, language="en-GB")
    assert [word.text for word in result.words] == TEXT.split()
    seconds = len(command) / 16_000
    assert all(0 <= word.start <= word.end <= seconds for word in result.words)
    assert isinstance(result.metrics, Metrics)
    assert result.metrics.audio_duration == pytest.approx(seconds, abs=1e-3)
    assert result.metrics.processing_time > 0
    assert (result.metrics.backend, result.metrics.gpu_memory_gb) == ("cpu", None)


def test_threads_take_turns(engine, command):
    texts: list[str] = []
    threads = [
        threading.Thread(target=lambda: texts.append(engine.transcribe(command).text)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert texts == [TEXT] * 3


@pytest.mark.parametrize(
    ("audio", "rate", "error", "said"),
    [
        ("nowhere.wav", 16_000, edged.AudioInputError, "nowhere.wav: no such file"),
        ("README.md", 16_000, edged.AudioInputError, "not a wav, flac, ogg or mp3 recording"),
        (b"abc", 16_000, edged.AudioInputError, "expected a path or a numpy array of samples, got bytes"),
        (np.zeros(8, np.int32), 16_000, edged.AudioInputError, "got int32 of shape"),
        (np.zeros((2, 2, 2), np.int16), 16_000, edged.AudioInputError, r"got int16 of shape \(2, 2, 2\)"),
        (np.zeros(0, np.int16), 16_000, edged.AudioInputError, r"got int16 of shape \(0,\)"),
        (np.array([0.0, np.nan]), 16_000, edged.AudioInputError, "NaN or infinite"),
        (np.zeros(8, np.int16), 5, edged.AudioInputError, "5 samples per second"),
        (np.zeros(31 * 16_000, np.int16), 16_000, edged.AudioInputError, "31.0 s of sound; at most 30 s"),
    ],
)
def test_what_cannot_be_recognized_is_one_sentence(engine, audio, rate, error, said):
    with pytest.raises(error, match=said) as caught:
        engine.transcribe(audio, rate)
    assert "\n" not in str(caught.value)


def test_a_language_the_model_does_not_speak_is_refused(engine, command):
    with pytest.raises(edged.ModelError, match="selftest speaks en, not de"):
        engine.transcribe(command, language="de")


def test_a_recognizer_that_dies_is_followed_by_another(engine, command):
    tasks = Path("/proc/self/task")
    before = {int(p) for task in tasks.iterdir() for p in (task / "children").read_text().split()}
    assert before
    for child in before:
        if b"recognize" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(child, signal.SIGKILL)
    assert engine.transcribe(command).text == TEXT


def test_a_wrong_model_is_told_at_setup():
    engine = edged.Engine("demo/edged.toml", recognize__model="hey_jarvis")
    with pytest.raises(edged.ModelError, match="is of kind head, not recognizer"):
        engine.setup()
    with pytest.raises(edged.ConfigError, match="there is no recognizer to ask"):
        edged.Engine("demo/edged.toml", recognize__enabled=False)


def test_a_closed_engine_says_so(command):
    engine = edged.Engine("demo/edged.toml")
    engine.close()
    engine.close()
    with pytest.raises(edged.EdgedError, match="closed"):
        engine.transcribe(command)
