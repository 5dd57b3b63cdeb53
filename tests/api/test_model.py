"""Programs written for openWakeWord get its scores by its names, or a sentence."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

import edged
from edged.geometry import HOP
from tests.assets import asset
from tests.daemon import DEMO
from tests.oww_models import model
from tests.sounds import noise

pytestmark = pytest.mark.usefixtures("at_home")

HEARD = ("wake/positive/wyoming/hey_jarvis.wav", "wake/positive/wyoming/alexa.wav")
CLIPS = (*HEARD, "wake/positive/wyoming/hey_rhasspy.wav", "wake/positive/wyoming/hey_mycroft.wav")


# openwakeword's own imports warn: scipy's aliases, and a missing tflite runtime
@pytest.mark.filterwarnings("ignore")
def test_scores_are_openwakeword_s_once_the_window_is_real():
    pytest.importorskip("openwakeword")
    theirs_class = pytest.importorskip("openwakeword.model").Model
    paths = [str(model(f"{name}_v0.1.onnx")) for name in ("hey_jarvis", "alexa", "weather")]
    features = {"melspec_model_path": str(model("melspectrogram.onnx"))}
    features["embedding_model_path"] = str(model("embedding_model.onnx"))
    mine = edged.Model(wakeword_models=paths, inference_framework="onnx", vad_threshold=0)
    compared, loudest = 0, 0.0
    for clip in CLIPS:
        pcm = soundfile.read(asset(clip), dtype="int16")[0]
        theirs = theirs_class(wakeword_models=list(paths), inference_framework="onnx", **features)
        mine.reset()
        for hop, at in enumerate(range(0, len(pcm) - HOP + 1, HOP), start=1):
            ours, other = mine.predict(pcm[at : at + HOP]), theirs.predict(pcm[at : at + HOP])
            assert set(ours) == set(other) == {Path(path).stem for path in paths}
            for name, score in ours.items():
                if hop >= (22 if name == "weather_v0.1" else 16):
                    assert score == pytest.approx(float(other[name]), abs=1e-3), (clip, hop, name)
                    compared += 1
                    loudest = max(loudest, score)
    assert compared > 50
    assert loudest > 0.9


def test_without_names_every_head_of_openwakeword_is_open():
    assert set(edged.Model().predict(noise(1, 1))) == {
        "alexa",
        "hey_jarvis",
        "hey_mycroft",
        "hey_rhasspy",
        "weather",
        *(f"{n}_minute_timer" for n in (1, 5, 10, 20, 30)),
        "1_hour_timer",
    }


def test_a_head_answers_under_the_name_it_was_asked_by(tmp_path):
    own = tmp_path / "computer.onnx"
    own.write_bytes(model("alexa_v0.1.onnx").read_bytes())
    assert set(edged.Model(["hey jarvis", own]).predict(noise(1, 1))) == {"hey jarvis", "computer"}


def test_the_first_five_scores_are_zero_and_a_call_without_a_hop_repeats_the_last():
    heard = edged.Model(["hey_jarvis"])
    pcm = soundfile.read(DEMO, dtype="int16")[0]
    begin = 30 * HOP
    first = [heard.predict(pcm[begin + at : begin + at + HOP])["hey_jarvis"] for at in range(0, 8 * HOP, HOP)]
    assert first[:5] == [0.0] * 5
    assert first[5] > 0.0
    assert heard.predict(pcm[:100])["hey_jarvis"] == first[-1]
    assert list(heard.prediction_buffer["hey_jarvis"]) == [*first, first[-1]]


def test_several_hops_in_a_call_give_the_highest_of_them():
    pcm = soundfile.read(DEMO, dtype="int16")[0][: 60 * HOP]
    single = [s["hey_jarvis"] for s in edged.Model(["hey_jarvis"]).predict_clip(pcm, padding=0)]
    double = edged.Model(["hey_jarvis"]).predict_clip(pcm, padding=0, chunk_size=2 * HOP)
    assert [s["hey_jarvis"] for s in double] == [
        max(pair) for pair in zip(single[::2], single[1::2], strict=True)
    ]
    assert max(single) > 0.9


def test_reset_is_a_fresh_start():
    heard = edged.Model(["hey_jarvis"])
    first = heard.predict_clip(DEMO)
    assert heard.predict_clip(DEMO) != first
    heard.predict(np.full(700, 9000, np.int16))  # part of a hop waits
    heard.reset()
    assert len(heard.prediction_buffer["hey_jarvis"]) == 0
    assert heard.predict_clip(str(DEMO)) == first


def test_no_more_than_thirty_scores_are_kept():
    heard = edged.Model(["hey_jarvis"])
    for _ in range(40):
        heard.predict(noise(1, 1))
    assert len(heard.prediction_buffer["hey_jarvis"]) == 30


def test_a_score_without_speech_is_zero_where_the_gate_is_on():
    plain = edged.Model(["hey_jarvis"]).predict_clip(DEMO)
    gated = edged.Model(["hey_jarvis"], vad_threshold=0.5).predict_clip(DEMO)
    assert max(s["hey_jarvis"] for s in gated) == max(s["hey_jarvis"] for s in plain) > 0.9
    quiet = slice(0, 8)  # the padding: nobody speaks
    assert all(s["hey_jarvis"] == 0 for s in gated[quiet])
    assert any(s["hey_jarvis"] > 0 for s in plain[quiet])


def test_patience_needs_so_many_calls_over_the_threshold():
    patient = {"patience": {"hey_jarvis": 3}, "threshold": {"hey_jarvis": 0.5}}
    plain = [s["hey_jarvis"] for s in edged.Model(["hey_jarvis"]).predict_clip(DEMO)]
    held = [s["hey_jarvis"] for s in edged.Model(["hey_jarvis"]).predict_clip(DEMO, **patient)]
    expected = [
        score if sum(s >= 0.5 for s in plain[max(0, at - 2) : at + 1]) >= 3 else 0.0
        for at, score in enumerate(plain)
    ]
    assert held == expected
    assert 0 < sum(s > 0 for s in held) < sum(s >= 0.5 for s in plain)
    with pytest.raises(ValueError, match="needs its threshold"):
        edged.Model(["hey_jarvis"]).predict(noise(1, 1), patience={"hey_jarvis": 3})


@pytest.mark.parametrize(
    ("keywords", "error", "said"),
    [
        ({"custom_verifier_models": {}}, TypeError, "custom_verifier_models: verifiers are pickles"),
        ({"thresold": 1}, TypeError, "does not take thresold: keys of the configuration are written"),
        ({"heads__treshold": 1}, edged.ConfigError, "did you mean 'threshold'"),
        ({"inference_framework": "tflite"}, edged.EdgedError, 'inference_framework="onnx"'),
        ({"vad_threshold": 2}, edged.ModelError, "vad_threshold = 2: must be a number from 0 to 1"),
        ({"wakeword_models": ["hey_jarwis"]}, edged.ModelError, "did you mean 'hey_jarvis'"),
        ({"wakeword_models": ["./x.tflite"]}, edged.ModelError, "x.tflite"),
    ],
)
def test_what_is_not_taken_is_one_sentence(keywords, error, said):
    with pytest.raises(error, match=said) as caught:
        edged.Model(**keywords)
    assert "\n" not in str(caught.value)


def test_speex_cleans_what_the_heads_hear_whatever_the_pieces():
    rng = np.random.RandomState(2)
    pcm = soundfile.read(DEMO, dtype="int16")[0]
    noisy = (pcm + rng.standard_normal(len(pcm)) * 1500).clip(-32768, 32767).astype(np.int16)
    raw = edged.Model(["hey_jarvis"]).predict_clip(noisy)
    model = edged.Model(["hey_jarvis"], enable_speex_noise_suppression=True)
    cleaned = model.predict_clip(noisy)
    assert max(abs(a["hey_jarvis"] - b["hey_jarvis"]) for a, b in zip(raw, cleaned, strict=True)) > 0.01
    model.reset()
    assert model.predict_clip(noisy) == cleaned
    model.reset()
    assert model.predict_clip(noisy, chunk_size=320)[3::4] == cleaned[: len(cleaned)]


def test_what_is_no_sound_is_refused():
    heard = edged.Model(["hey_jarvis"])
    with pytest.raises(edged.AudioInputError, match="got float64"):
        heard.predict(np.zeros(HOP))
    with pytest.raises(edged.AudioInputError, match="no such file"):
        heard.predict_clip("nowhere.wav")
