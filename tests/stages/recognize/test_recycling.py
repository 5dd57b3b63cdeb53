"""A process that takes more and more memory is replaced before it takes the machine with it."""

import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from edged.errors import ModelError
from edged.stages.recognize.liveness import outgrown, room_beside
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, Lost, Options, Restarted
from edged.telemetry.memory import resident_bytes
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.test_process import Replies

MB = 10**6
COPIES = 60
"""Of the features, which the model makes for nothing: 1.9 MB per second of audio."""

SHORT = tiny_ctc.sound(1, 1.0)
LONG = np.resize(tiny_ctc.sound(2, 5.0), 30 * 16_000)


def hungry(folder: Path, copies: int = COPIES):
    """A model that takes 58 MB to decode 30 s, and onnxruntime's arena keeps them."""
    model = tiny_ctc.make(folder)
    path = model.files["offline"].path
    proto = onnx.load(path)
    graph = proto.graph
    (softmax,) = (node for node in graph.node if node.op_type == "LogSoftmax")
    graph.node.remove(softmax)
    graph.node.extend(
        [
            helper.make_node("Tile", ["audio_signal", "copies"], ["many"]),
            helper.make_node("ReduceMax", ["many"], ["largest"], keepdims=0),
            helper.make_node("Mul", ["largest", "nothing"], ["added"]),
            helper.make_node("Add", ["y", "added"], ["z"]),
            helper.make_node("LogSoftmax", ["z"], ["logprobs"], axis=-1),
        ]
    )
    graph.initializer.extend(
        [
            numpy_helper.from_array(np.array([1, 1, copies], np.int64), "copies"),
            numpy_helper.from_array(np.array(0, np.float32), "nothing"),
        ]
    )
    onnx.save(proto, path)
    return model


@pytest.fixture(autouse=True, scope="module")
def this_machine():
    """The memory of real processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGED_SYSROOT", "/")
        yield


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return hungry(tmp_path_factory.mktemp("hungry"))


@pytest.fixture(scope="module")
def loaded_mb(model):
    """Megabytes of a process that has only loaded."""
    recognizer = ChildRecognizer(model, lambda reply: None, "offline")
    resident = resident_bytes(recognizer.pid)
    recognizer.close()
    return resident // MB


@pytest.fixture
def replies():
    return Replies()


def say(recognizer, utterance, pcm):
    recognizer.start(utterance, Options())
    recognizer.accept(utterance, pcm)
    recognizer.finish(utterance)


def test_a_process_over_its_limit_is_replaced_between_two_utterances_and_nothing_is_lost(
    model, replies, loaded_mb
):
    recognizer = ChildRecognizer(model, replies, "offline", memory_mb=loaded_mb + 40)
    try:
        first = recognizer.pid
        say(recognizer, 1, SHORT)
        assert recognizer.drain(60)
        assert recognizer.pid == first
        say(recognizer, 2, LONG)
        restarted = replies.next(Restarted)
        assert f"more than memory_mb = {loaded_mb + 40}" in restarted.reason
        assert recognizer.pid != first
        say(recognizer, 3, SHORT)
        assert recognizer.drain(60)
    finally:
        recognizer.close()
    texts = {final.utterance: final.transcript for final in replies.of(Final)}
    assert texts.keys() == {1, 2, 3}
    assert texts[3] == texts[1]
    assert len(replies.of(Restarted)) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_an_open_utterance_is_heard_to_its_end_before_its_process_is_replaced(model, replies, loaded_mb):
    recognizer = ChildRecognizer(model, replies, "offline", memory_mb=loaded_mb + 40)
    try:
        first = recognizer.pid
        recognizer.start(1, Options())
        recognizer.accept(1, SHORT)
        say(recognizer, 2, LONG)
        assert replies.next(Final).utterance == 2
        for _ in range(5):
            recognizer.accept(1, SHORT)
        recognizer.finish(1)
        assert replies.next(Final).audio_s == 6.0
        assert "memory_mb" in replies.next(Restarted).reason
        assert recognizer.pid != first
    finally:
        recognizer.close()
    assert [final.utterance for final in replies.of(Final)] == [2, 1]


def test_where_there_is_no_room_for_two_the_old_one_goes_first(
    model, replies, loaded_mb, tmp_path, monkeypatch
):
    recognizer = ChildRecognizer(model, replies, "offline", memory_mb=loaded_mb + 40)
    try:
        first = recognizer.pid
        statm = tmp_path / f"proc/{first}/statm"
        statm.parent.mkdir(parents=True)
        statm.write_text(Path(f"/proc/{first}/statm").read_text())
        (tmp_path / "proc/meminfo").write_text("MemAvailable:    50000 kB\n")
        monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
        say(recognizer, 1, SHORT)
        assert recognizer.drain(60)
        statm.write_text("900000 900000 0 0 0 0 0")
        say(recognizer, 2, SHORT)
        assert "memory_mb" in replies.next(Restarted).reason
        assert recognizer.pid != first
        say(recognizer, 3, SHORT)
        assert recognizer.drain(60)
    finally:
        recognizer.close()
    assert [final.utterance for final in replies.of(Final)] == [1, 2, 3]


def test_one_utterance_that_wants_more_than_twice_the_limit_is_lost_alone(replies, loaded_mb, tmp_path):
    greedy = hungry(tmp_path / "greedy", copies=400)
    recognizer = ChildRecognizer(greedy, replies, "offline", memory_mb=loaded_mb + 40)
    try:
        say(recognizer, 1, LONG)
        lost = replies.next(Lost, Final)
        assert (lost.utterance, lost.code) == (1, "decode")
        say(recognizer, 2, SHORT)
        assert "MemoryError" in replies.next(Restarted).reason
        say(recognizer, 3, SHORT)
        assert recognizer.drain(60)
        assert [final.utterance for final in replies.of(Final)] == [2, 3]
    finally:
        recognizer.close()


def test_a_limit_below_what_the_model_takes_is_refused_at_the_start(model, replies, loaded_mb):
    with pytest.raises(
        ModelError, match=r"tiny: recognizer process grew to \d+ MB, more than memory_mb = 20"
    ):
        ChildRecognizer(model, replies, "offline", memory_mb=20)


def test_the_kernel_ends_the_recognizer_before_the_daemon(model, replies):
    recognizer = ChildRecognizer(model, replies, "offline")
    try:
        assert int(Path(f"/proc/{recognizer.pid}/oom_score_adj").read_text()) >= 500
    finally:
        recognizer.close()


@pytest.mark.parametrize(
    ("resident", "limit_mb", "large"),
    [(101 * MB, 100, True), (100 * MB, 100, False), (10**12, 0, False), (None, 100, False)],
)
def test_a_process_is_too_large_over_its_limit_where_there_is_one(resident, limit_mb, large):
    assert bool(outgrown(resident, limit_mb)) == large


def test_a_second_process_needs_room_for_itself_and_as_much_to_spare():
    assert room_beside(100, 201)
    assert not room_beside(100, 200)
    assert not room_beside(100, None)
