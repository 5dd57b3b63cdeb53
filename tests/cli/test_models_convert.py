"""`edged models convert` as a user calls it; the compiler is the double."""

import hashlib
import json
import os
import platform
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edged.catalog.convert.environment import PINS
from edged.catalog.read import read_model
from edged.catalog.verify import verify
from tests.assets import asset
from tests.catalog.convert.toolkits import DOUBLE
from tests.daemon import config, models, run

__all__ = ["config", "models"]


@pytest.fixture(autouse=True)
def compiler(tmp_path, monkeypatch):
    """The double lies in the cache, where the compiler's environment would."""
    name = ".".join(platform.python_version_tuple()[:2])
    folder = f"toolkit-{hashlib.sha256(PINS.read_bytes() + name.encode()).hexdigest()[:12]}"
    python = tmp_path / "cache" / "convert" / folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {DOUBLE.python} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path / "cache"))
    monkeypatch.setenv("EDGED_TEST_PYTHON", sys.executable)
    monkeypatch.setenv("EDGED_TEST_FAULT", "")
    return python


def sounds(folder: Path) -> Path:
    folder.mkdir()
    noise = (np.random.default_rng(1).normal(size=40 * 1280) * 800).astype(np.int16)
    soundfile.write(folder / "noise.wav", noise, 16_000)
    return folder


def test_the_configured_heads_become_a_folder_that_is_listed_and_verified(config, tmp_path):
    out = tmp_path / "out"
    code, stdout, err = run("models", "convert", "-c", config, "--out", out)
    assert (code, stdout) == (0, ""), err
    assert "hey_jarvis 16     plain" in err
    assert "rknn-rk3588: " in err
    made = read_model(out / "rknn-rk3588")
    verify(made)
    assert [each.columns[0] for each in made.artifacts] == ["hey_jarvis/first"] * 2
    with np.load(made.artifacts[0].probe.path) as stored:
        scores = made.artifacts[0].score(stored["scores"])
        assert stored["feats"].shape == (16, 16, 96)
    (found,) = scores.values()
    assert found.max() > 0.9, "a probe on which no word is heard would pass a board that always answers 0"
    assert found.min() < 0.1
    code, stdout, _ = run("models", "verify", "rknn-rk3588", "--dir", out, "--json")
    assert code == 0
    assert json.loads(stdout)[0]["state"] == "installed"


def test_heads_by_name_and_path_judged_on_recordings_as_one_json_document(config, tmp_path):
    own = asset("wake/heads/hey_rhasspy_v0.1.onnx")
    code, stdout, err = run(
        "models", "convert", "timer", own, "--check", sounds(tmp_path / "sounds"), "--json", "--fused",
        "-c", config, "--out", tmp_path / "out",
    )  # fmt: skip
    assert code == 0, err
    said = json.loads(stdout)
    rows = {(each["name"], each["stage"], each["layernorm"]) for each in said["heads"]}
    assert ("timer", "heads", "plain") in rows
    assert ("hey_rhasspy_v0.1", "embedding+heads", "plain") in rows
    assert all(each["flips"] == 0 for each in said["heads"]), "none-of-them may flip: it is no word"
    assert {each["stage"] for each in said["artifacts"]} == {"heads", "embedding+heads"}


def test_int8_takes_a_folder_of_recordings(config, tmp_path):
    out, folder = tmp_path / "out", sounds(tmp_path / "sounds")
    code, _, err = run("models", "convert", "alexa", "--int8", folder, "-c", config, "--out", out)
    assert code == 0, err
    assert [each.precision for each in read_model(out / "rknn-rk3588").artifacts] == ["int8"]


def test_a_named_head_that_is_refused_is_an_error_and_the_others_are_kept(config, tmp_path):
    odd = asset("wake/heads/other/precise_computer.onnx")
    code, _, err = run("models", "convert", "alexa", odd, "-c", config, "--out", tmp_path / "out")
    assert code == 65
    assert "1 of 2 heads stay on the CPU: precise_computer: takes (1, 29, 13)" in err.splitlines()[-1]
    assert [each.columns[0] for each in read_model(tmp_path / "out" / "rknn-rk3588").artifacts] == ["alexa"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["no_such_head"], 65, "no model is called 'no_such_head'"),
        (["--target", "rk3399"], 2, "rk3399: one of rk3588, rk3576"),
        (["--int8", "/no/such/folder"], 65, "/no/such/folder: no recording in it (.wav, .flac, .ogg, .mp3)"),
        (["--check", os.devnull], 65, "/dev/null: no recording in it"),
        (["embedding"], 65, "is of kind embedding, not head"),
    ],
)
def test_bad_input_is_one_sentence(arguments, code, said, config, tmp_path):
    status, out, err = run("models", "convert", *arguments, "-c", config, "--out", tmp_path / "out")
    assert (status, out) == (code, "")
    assert said in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err
    assert not (tmp_path / "out" / "rknn-rk3588").exists()


def test_a_crash_of_the_compiler_leaves_nothing_half_written(config, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGED_TEST_FAULT", "build:segfault")
    code, _, err = run("models", "convert", "alexa", "-c", config, "--out", tmp_path / "out")
    assert code == 65
    sentence = "alexa: the compiler crashes on it (SIGSEGV while it is at 'build')"
    assert err.splitlines()[-1].endswith(f"no head can be converted: {sentence}")
    assert not [each for each in (tmp_path / "out").iterdir() if each.is_dir()]
