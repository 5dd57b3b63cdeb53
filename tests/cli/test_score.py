"""`edged score`: one score per hop from the first sample, nothing gated, one JSON document."""

import json

import numpy as np
import pytest
import soundfile

from tests.assets import asset
from tests.daemon import DEMO, config, models, run

__all__ = ["config", "models"]


def test_every_hop_of_every_file_has_a_score_of_every_word(config, tmp_path):
    noise = (np.random.default_rng(1).normal(size=10 * 1280 + 700) * 300).astype(np.int16)
    soundfile.write(tmp_path / "noise.wav", noise, 16_000)
    code, out, err = run(
        "score",
        DEMO,
        tmp_path / "noise.wav",
        "--head",
        "hey_jarvis",
        "--head",
        "timer",
        "--json",
        "-c",
        config,
    )
    assert code == 0, err
    demo, room = json.loads(out)
    assert (demo["file"], demo["hop"]) == (str(DEMO), 1280)
    assert len(demo["scores"]["hey_jarvis"]) == soundfile.info(DEMO).frames // 1280
    assert max(demo["scores"]["hey_jarvis"]) > 0.9
    assert [len(curve) for curve in room["scores"].values()] == [10] * len(room["scores"])
    assert {word.partition(".")[0] for word in room["scores"]} == {"hey_jarvis", "timer"}
    assert "non-commercial" in err


def test_many_recordings_in_one_call_score_as_each_alone(config):
    """Nothing of one recording is left in the next, in whatever order they come."""
    files = [DEMO, asset("wake/positive/wyoming/alexa.wav"), asset("wake/positive/wyoming/hey_jarvis.wav")]
    heads = ["--head", "hey_jarvis", "--head", "alexa", "-c", config, "--json"]
    together = [json.loads(run("score", *order, *heads)[1]) for order in (files, files[::-1])]
    alone = [json.loads(run("score", file, *heads)[1])[0] for file in files]
    assert together[0] == alone == together[1][::-1]


def test_a_head_of_ones_own_is_named_by_its_path(config):
    head = asset("wake/heads/community/computer_v2.onnx")
    code, out, err = run(
        "score", asset("wake/positive/wyoming/computer.wav"), "--head", head, "--json", "-c", config
    )
    assert code == 0, err
    (result,) = json.loads(out)
    assert list(result["scores"]) == ["computer_v2"]
    assert max(result["scores"]["computer_v2"]) > 0.9


def test_for_a_person_it_names_the_highest_score_and_its_time(config):
    code, out, err = run("score", DEMO, "-c", config)
    assert code == 0, err
    assert "hey_jarvis" in out
    assert " s" in out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["nowhere.wav"], 66, "nowhere.wav: no such file"),
        ([DEMO, "--head", "alexxa"], 65, "did you mean 'alexa'"),
        ([DEMO, "--head", "nowhere.onnx"], 65, "nowhere.onnx"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_scored_is_one_sentence_and_nothing_on_stdout(
    config, tmp_path, arguments, code, sentence
):
    got, out, err = run("score", *arguments, "-c", config, "--json", cwd=tmp_path)
    assert (got, out) == (code, "")
    assert sentence in err
    assert "Traceback" not in err
