"""Silero tells speech from none on hand-labelled recordings, and nothing else passes for it."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile
from onnx import TensorProto, helper

from edged.backends.cpu.vad import CpuVad
from edged.errors import ModelError, ProviderFailed, ProviderUnavailable
from edged.geometry import SAMPLE_RATE, VAD_WINDOW
from tests.assets import asset

GENERATIONS = {"vad/silero_vad.onnx": 0.89, "vad/silero_vad_oww.onnx": 0.85}
"""Model, and the balanced accuracy at 0.5 over the TEN-VAD test set (159 s): measured 0.894 and 0.851."""


def labelled(wav: Path) -> tuple[np.ndarray, np.ndarray]:
    """A recording and, per sample, whether somebody speaks: `name,start,stop,0|1,…` in seconds."""
    pcm, rate = soundfile.read(wav, dtype="int16")
    assert rate == SAMPLE_RATE
    speech = np.zeros(len(pcm), bool)
    fields = wav.with_suffix(".scv").read_text().strip().split(",")[1:]
    for start, stop, spoken in zip(fields[0::3], fields[1::3], fields[2::3], strict=True):
        speech[int(float(start) * rate) : int(float(stop) * rate)] = spoken == "1"
    return pcm, speech


def windows(pcm: np.ndarray) -> list[np.ndarray]:
    return [pcm[at : at + VAD_WINDOW] for at in range(0, len(pcm) - VAD_WINDOW + 1, VAD_WINDOW)]


@pytest.mark.parametrize(("model", "floor"), GENERATIONS.items())
def test_speech_is_told_from_none_on_hand_labelled_recordings(model, floor):
    backend = CpuVad(asset(model))
    said, truth = [], []
    for wav in sorted(asset("endpoint/ten-vad-testset").glob("*.wav")):
        pcm, speech = labelled(wav)
        stream = backend.stream()
        said += [stream.probability(window) >= 0.5 for window in windows(pcm)]
        truth += [window.mean() > 0.5 for window in windows(speech)]
    recall = np.mean(np.array(said)[np.array(truth)])
    specificity = np.mean(~np.array(said)[~np.array(truth)])
    assert (recall + specificity) / 2 >= floor


@pytest.mark.parametrize("model", GENERATIONS)
def test_digital_silence_is_not_speech_from_the_start_or_in_the_middle_of_a_word(model):
    """So sound goes to the VAD as it came: unlike the heads it needs no dither."""
    stream = CpuVad(asset(model)).stream()
    nothing = np.zeros(VAD_WINDOW, np.int16)
    assert max(stream.probability(nothing) for _ in range(60)) < 0.1
    pcm, _ = labelled(asset("endpoint/ten-vad-testset") / "testset-audio-01.wav")
    for window in windows(pcm):
        if stream.probability(window) > 0.9:
            break
    muted = [stream.probability(nothing) for _ in range(60)]
    assert max(muted[10:]) < 0.35, "still speech 0.3 s after the sound was muted in mid-word"
    assert max(stream.probability(window) for window in windows(pcm)) > 0.9


@pytest.mark.parametrize("foreign", ["vad/ten-vad.onnx", "wake/features/embedding_model.onnx"])
def test_a_model_of_another_kind_is_refused_by_its_inputs(foreign):
    with pytest.raises(ModelError, match=r"not a silero VAD: its inputs are \["):
        CpuVad(asset(foreign))


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match="no such file"):
        CpuVad(tmp_path / "vad.onnx")


def test_a_damaged_file_is_a_sentence(tmp_path):
    damaged = tmp_path / "vad.onnx"
    damaged.write_bytes(b"not a graph")
    with pytest.raises(ProviderUnavailable, match=r"vad\.onnx"):
        CpuVad(damaged)


def impostor(path: Path, bias: float) -> Path:
    """A graph with silero's inputs: mean of the sound + bias, so NaN or 7 can be its answer."""
    floats, ints = TensorProto.FLOAT, TensorProto.INT64
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1], keepdims=1),
            helper.make_node("Add", ["mean", "bias"], ["output"]),
            helper.make_node("Identity", ["state"], ["stateN"]),
        ],
        "impostor",
        [
            helper.make_tensor_value_info("input", floats, [1, 576]),
            helper.make_tensor_value_info("state", floats, [2, 1, 128]),
            helper.make_tensor_value_info("sr", ints, []),
        ],
        [
            helper.make_tensor_value_info("output", floats, [1, 1]),
            helper.make_tensor_value_info("stateN", floats, [2, 1, 128]),
        ],
        [helper.make_tensor("bias", floats, [1], [bias])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("answer", [float("nan"), 7.0])
def test_a_model_that_answers_no_probability_is_refused_when_opened(tmp_path, answer):
    with pytest.raises(ModelError, match="does not answer"):
        CpuVad(impostor(tmp_path / "vad.onnx", answer))


def test_an_answer_that_is_no_probability_is_a_failure_later(tmp_path):
    stream = CpuVad(impostor(tmp_path / "vad.onnx", 0.5)).stream()
    assert stream.probability(np.zeros(VAD_WINDOW, np.int16)) == 0.5
    with pytest.raises(ProviderFailed, match="no probability"):
        stream.probability(np.full(VAD_WINDOW, 32767, np.int16))


def test_a_closed_vad_says_so():
    backend = CpuVad(asset("vad/silero_vad.onnx"))
    stream = backend.stream()
    backend.close()
    with pytest.raises(ProviderFailed, match="closed"):
        stream.probability(np.zeros(VAD_WINDOW, np.int16))
