"""The last word comes out whatever the model's window, also where its manifest says too little of it."""

import dataclasses

import numpy as np
import onnx
import pytest

from edged.errors import ModelError
from edged.stages.recognize import loading
from edged.stages.recognize.building import build
from edged.stages.recognize.decoders import open_decoder
from edged.stages.recognize.preflight import preflight
from edged.stages.recognize.samples import dither, to_float
from edged.stages.recognize.streaming import tail_s
from edged.stages.recognize.tail import LONGEST, STEP, measure_tail
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.test_decoders import decode
from tests.stages.recognize.test_families import MODELS

SHORT, KROKO = 16, 128
"""Feature frames of a window: a short one, and one for which 0.66 s are too little."""


def load(folder, window: int, tail_s: float):
    """What loads the tiny model with another window, and with a manifest that says `tail_s`."""
    model = tiny_ctc.make(folder)
    facts = dataclasses.replace(model.recognizer, tail_padding_s=tail_s)
    path = folder / "streaming.onnx"
    graph = onnx.load(path)
    for entry in graph.metadata_props:
        if entry.key in ("window_size", "chunk_shift"):
            entry.value = str(window)
    onnx.save(graph, path)
    return loading.request(dataclasses.replace(model, recognizer=facts), "streaming")


def measured(request) -> float:
    return measure_tail(build(request, preflight(request)), request.name)


def text_with(recognizer, pcm, tail_s: float) -> str:
    """What sherpa-onnx says itself of an utterance and so much dither behind it."""
    stream = recognizer.create_stream()
    stream.accept_waveform(16_000, np.concatenate([to_float(pcm), dither(round(tail_s * 16_000))]))
    stream.input_finished()
    while recognizer.is_ready(stream):
        recognizer.decode_stream(stream)
    return recognizer.get_result(stream).strip()


@pytest.mark.parametrize("samples", [49_600, 48_823, 48_000])
@pytest.mark.parametrize("window", [SHORT, 48, KROKO])
def test_a_manifest_without_a_tail_loses_no_word(tmp_path, window, samples):
    pcm = tiny_ctc.sound(11, 3.1)[:samples]
    request = load(tmp_path, window, tail_s=0.0)
    said = decode(open_decoder(request), pcm)[0]
    assert said.words[-1].start >= samples / 16_000 - 0.1, "the last word is one of the last 100 ms"
    everything = text_with(build(request, preflight(request)), pcm, 5.0)
    assert everything.startswith(said.text), "more is only heard in the dither"


def test_what_examples_take_for_a_tail_loses_the_last_words_of_a_long_window(tmp_path):
    pcm = tiny_ctc.sound(11, 3.1)
    request = load(tmp_path, KROKO, tail_s=0.66)
    lost = text_with(build(request, preflight(request)), pcm, 0.66)
    said = decode(open_decoder(request), pcm)[0].text
    assert said.startswith(lost)
    assert len(said.split()) > len(lost.split()) + 3


@pytest.mark.parametrize("window", [SHORT, KROKO])
def test_the_tail_is_the_window_and_what_its_last_frame_overlaps(tmp_path, window):
    seconds = measured(load(tmp_path, window, tail_s=0.0))
    assert window * 0.01 < seconds <= window * 0.01 + 0.06


@pytest.mark.parametrize("name", [name for name in MODELS if "streaming" in name])
def test_every_family_is_seen_to_wait_no_longer_than_is_known_of_it(tmp_path, name):
    """Two sources for one number: a third of it may be missing where a model keeps what it has heard."""
    request = loading.request(MODELS[name](tmp_path), "streaming")
    known = preflight(request)["window_size"] * 0.01 + 0.04
    assert known * 0.66 < measured(request) <= known


class Counted:
    """An online recognizer whose windows are so many samples, one after the other; the last one for ever."""

    def __init__(self, *windows: float) -> None:
        self._windows = list(windows)
        self._waiting = 0

    def create_stream(self) -> "Counted":
        return self

    def accept_waveform(self, rate: int, samples) -> None:
        self._waiting += len(samples)

    def is_ready(self, stream: "Counted") -> bool:
        return self._waiting >= self._windows[0]

    def decode_stream(self, stream: "Counted") -> None:
        self._waiting -= self._windows.pop(0) if len(self._windows) > 1 else self._windows[0]


def test_the_longest_wait_counts_wherever_it_comes():
    assert measure_tail(Counted(100 * STEP, 30 * STEP), "it") == 1.0
    assert measure_tail(Counted(30 * STEP, 100 * STEP), "it") == 1.0


def test_a_model_that_waits_for_ever_is_refused_by_name():
    with pytest.raises(ModelError, match=r"slow: decodes nothing of 10 s of sound; use it with mode"):
        measure_tail(Counted(LONGEST + STEP), "slow")


def test_the_most_of_manifest_known_window_and_measurement_is_taken(tmp_path):
    request = load(tmp_path, SHORT, tail_s=0.1)
    wanted = {"window_size": 16}, {"window_size": 86}, {"window_size": 16}
    seen = Counted(40 * STEP), Counted(40 * STEP), Counted(40 * STEP)
    loads = request, request, dataclasses.replace(request, tail_padding_s=1.5)
    assert [tail_s(*each) for each in zip(loads, wanted, seen, strict=True)] == [0.4, 0.9, 1.5]
