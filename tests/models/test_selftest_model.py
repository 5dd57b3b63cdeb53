"""The shipped self-test recognizer is what its manifest says, and it hears the demo recording."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "models" / "selftest"
RECIPE = ROOT / "scripts" / "selftest-model"
DEMO = ROOT / "demo" / "hey-jarvis-turn-on-the-kitchen-light.wav"
COMMAND = 61722
"""Sample at which the command begins in DEMO; scripts/make-demo-recording prints it."""
TEXT = "turn on the kitchen light"
MANIFEST = tomllib.loads((FOLDER / "model.toml").read_text())
ROLES = ["streaming", "offline", "tokens"]

# sherpa-onnx ends the process where it cannot go on, so it never runs inside pytest.
DECODE = """
import json, sys
from pathlib import Path
import soundfile
sys.path.insert(0, sys.argv[1])
from decode import RATE, offline, streaming, transcribe
mode, folder, wav, begin, tail_s = sys.argv[2:]
recognizer = {"offline": offline, "streaming": streaming}[mode](Path(folder))
samples, rate = soundfile.read(wav, dtype="float32", start=int(begin))
assert rate == RATE
print(json.dumps({"text": transcribe(recognizer, samples, float(tail_s))}))
"""


def run(*arguments: object) -> str:
    """Standard output of a Python process; its error output is part of a failure."""
    command = [sys.executable, *(str(argument) for argument in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def decode(mode: str, wav: Path = DEMO, begin: int = COMMAND) -> str:
    tail_s = MANIFEST["recognizer"]["tail_padding_s"]
    return json.loads(run("-c", DECODE, RECIPE, mode, FOLDER, wav, begin, tail_s))["text"]


@pytest.mark.parametrize("role", ROLES)
def test_each_file_is_the_one_its_manifest_names(role: str) -> None:
    entry = MANIFEST["files"][role]
    data = (FOLDER / entry["path"]).read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["bytes"], entry["sha256"])


def test_the_card_names_the_same_files_and_that_people_are_not_understood() -> None:
    card = (FOLDER / "CARD.md").read_text()
    assert all(MANIFEST["files"][role]["sha256"] in card for role in ROLES)
    assert "does not understand people" in card
    assert "does not understand people" in MANIFEST["description"]


def test_the_weights_stay_within_three_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.onnx")) <= 3_000_000


def test_tokens_are_whole_words_counted_from_the_blank() -> None:
    lines = [line.split(" ") for line in (FOLDER / "tokens.txt").read_text().splitlines()]
    assert lines[0] == ["<blk>", "0"]
    assert [int(number) for _, number in lines] == list(range(len(lines)))
    assert all(word.startswith("▁") for word, _ in lines[1:])
    assert {f"▁{word}" for word in TEXT.split()} <= {word for word, _ in lines}


@pytest.mark.parametrize("mode", MANIFEST["recognizer"]["modes"])
def test_hears_the_command_of_the_demo_from_the_end_of_the_wake_word(mode: str) -> None:
    assert decode(mode) == TEXT


@pytest.mark.parametrize("late_s", [-0.2, -0.05, 0.04])
def test_a_cut_beside_the_end_of_the_wake_word_costs_no_word(late_s: float) -> None:
    assert decode("streaming", begin=COMMAND + round(late_s * 16000)) == TEXT


@pytest.mark.parametrize("mode", MANIFEST["recognizer"]["modes"])
def test_the_tail_padding_suffices_where_a_clip_ends_with_its_last_word(mode: str, tmp_path: Path) -> None:
    samples, rate = soundfile.read(DEMO, dtype="int16", start=COMMAND)
    last = np.flatnonzero(np.abs(samples.astype(int)) > 200)[-1]
    soundfile.write(tmp_path / "command.wav", samples[: last + 1], rate)
    assert decode(mode, tmp_path / "command.wav", 0) == TEXT


def test_the_features_of_the_training_are_those_of_sherpa_onnx() -> None:
    assert "equal" in run(RECIPE / "features.py", FOLDER)


def test_the_demo_recording_is_never_digitally_silent() -> None:
    samples, rate = soundfile.read(DEMO, dtype="int16")
    assert (rate, samples.ndim) == (16000, 1)
    blocks = samples[: len(samples) // 160 * 160].reshape(-1, 160).astype(float)
    assert np.sqrt((blocks**2).mean(1)).min() > 5
