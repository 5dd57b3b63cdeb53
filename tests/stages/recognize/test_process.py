"""Real processes, ended by real signals: the text still comes."""

import os
import queue
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edged.errors import ModelError, RecognizerDied
from edged.geometry import HOP
from edged.stages.recognize.backlog import DEPTH
from edged.stages.recognize.channel import explain
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, Lost, Options, Partial, Restarted
from tests.stages.recognize import tiny_ctc

PCM = tiny_ctc.sound(1, 2.4)


class Replies:
    """What the recognizer said, for a test to wait on."""

    def __init__(self):
        self.all = []
        self._queue = queue.Queue()

    def __call__(self, reply):
        self.all.append(reply)
        self._queue.put(reply)

    def next(self, *kinds):
        """The next reply of these kinds."""
        while True:
            reply = self._queue.get(timeout=60)
            if isinstance(reply, kinds):
                return reply

    def of(self, kind):
        return [reply for reply in self.all if isinstance(reply, kind)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_ctc.make(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def undisturbed(model):
    replies = Replies()
    recognizer = ChildRecognizer(model, replies)
    say(recognizer, 1, PCM)
    recognizer.finish(1)
    final = replies.next(Final)
    recognizer.close()
    return final.transcript


@pytest.fixture
def replies():
    return Replies()


@pytest.fixture
def make(model, replies):
    made = []

    def make(**options):
        made.append(ChildRecognizer(options.pop("model", model), replies, **options))
        return made[-1]

    yield make
    for recognizer in made:
        recognizer.close()


def say(recognizer, utterance: int, pcm) -> None:
    recognizer.start(utterance, Options())
    for at in range(0, len(pcm), HOP):
        recognizer.accept(utterance, pcm[at : at + HOP])


def test_a_text_is_said_with_every_piece_of_sound_where_an_utterance_asks_for_it(make, replies):
    recognizer = make(mode="streaming")
    recognizer.start(1, Options(again=True))
    told = []
    for piece in range(5):
        for hop in range(5 * piece, 5 * piece + 5):
            recognizer.accept(1, PCM[hop * HOP : (hop + 1) * HOP])
        told.append(replies.next(Partial))
    assert [partial.heard_s for partial in told] == pytest.approx([0.4, 0.8, 1.2, 1.6, 2.0])
    assert all(told[0].text in partial.text for partial in told)


@pytest.mark.parametrize("mode", ["streaming", "offline"])
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGABRT"])
def test_a_process_that_dies_in_mid_utterance_costs_no_word(make, replies, undisturbed, name, mode):
    recognizer = make(mode=mode)
    say(recognizer, 1, PCM[: 15 * HOP])
    if mode == "streaming":
        replies.next(Partial)  # it is at work
    os.kill(recognizer.pid, signal.Signals[name])
    for at in range(15 * HOP, len(PCM), HOP):
        recognizer.accept(1, PCM[at : at + HOP])
    recognizer.finish(1)
    assert replies.next(Final).transcript == undisturbed
    (restarted,) = replies.of(Restarted)
    assert name in restarted.reason
    assert replies.of(Lost) == []


def test_a_process_that_dies_after_the_end_costs_no_word(make, replies, undisturbed):
    recognizer = make()
    os.kill(recognizer.pid, signal.SIGSTOP)
    for utterance in (1, 2, 3):
        say(recognizer, utterance, PCM)
        recognizer.finish(utterance)
    os.kill(recognizer.pid, signal.SIGKILL)
    assert recognizer.drain(60)
    assert [(final.utterance, final.transcript) for final in replies.of(Final)] == [
        (utterance, undisturbed) for utterance in (1, 2, 3)
    ]
    assert len(replies.of(Restarted)) == 1


def test_a_second_death_loses_that_utterance_and_no_other(make, replies, undisturbed):
    recognizer = make()
    say(recognizer, 1, PCM)
    os.kill(recognizer.pid, signal.SIGKILL)
    replies.next(Restarted)
    replies.next(Partial)
    os.kill(recognizer.pid, signal.SIGSEGV)
    lost = replies.next(Lost)
    assert lost.utterance == 1
    assert "SIGSEGV" in lost.reason
    recognizer.accept(1, PCM)  # of an utterance that is lost: heard by nobody
    recognizer.finish(1)
    say(recognizer, 2, PCM)
    recognizer.finish(2)
    assert replies.next(Final).transcript == undisturbed
    assert [final.utterance for final in replies.of(Final)] == [2]
    assert recognizer.drain(1)


def test_a_process_that_dies_between_two_utterances_is_sent_both_again(make, replies, undisturbed):
    recognizer = make()
    other = tiny_ctc.sound(2, 2.4)
    for at in range(0, len(PCM), HOP):
        if not at:
            recognizer.start(1, Options())
            recognizer.start(2, Options())
        if at == 15 * HOP:
            replies.next(Partial)
            os.kill(recognizer.pid, signal.SIGKILL)
        recognizer.accept(1, PCM[at : at + HOP])
        recognizer.accept(2, other[at : at + HOP])
    recognizer.finish(2)
    recognizer.finish(1)
    assert recognizer.drain(60)
    texts = {final.utterance: final.transcript for final in replies.of(Final)}
    assert texts[1] == undisturbed
    say(recognizer, 3, other)
    recognizer.finish(3)
    assert replies.next(Final)
    assert recognizer.drain(60)
    assert replies.of(Final)[-1].transcript == texts[2]
    assert len(replies.of(Restarted)) == 1
    assert replies.of(Lost) == []


def test_a_poisonous_utterance_is_lost_and_an_innocent_older_one_is_not(make, replies, undisturbed):
    recognizer = make()
    recognizer.start(1, Options())
    say(recognizer, 2, PCM)
    for name in ("SIGSEGV", "SIGFPE"):
        assert replies.next(Partial).utterance == 2  # so this is what the process works on
        os.kill(recognizer.pid, signal.Signals[name])
        reply = replies.next(Restarted, Lost)
    assert isinstance(reply, Lost)
    assert (reply.utterance, reply.code) == (2, "died")
    assert "SIGFPE" in reply.reason
    for at in range(0, len(PCM), HOP):
        recognizer.accept(1, PCM[at : at + HOP])
    recognizer.finish(1)
    final = replies.next(Final)
    assert (final.utterance, final.transcript) == (1, undisturbed)


def test_a_process_that_hangs_is_ended_and_the_text_comes(make, replies, undisturbed):
    recognizer = make(beat_limit_s=1.0)
    say(recognizer, 1, PCM[: 10 * HOP])
    first = recognizer.pid
    os.kill(first, signal.SIGSTOP)
    for at in range(10 * HOP, len(PCM), HOP):
        recognizer.accept(1, PCM[at : at + HOP])
    recognizer.finish(1)
    assert replies.next(Final).transcript == undisturbed
    assert "no sign of life for 1 s" in replies.of(Restarted)[0].reason
    assert recognizer.pid != first


def test_a_process_that_dies_while_idle_is_back_for_the_next_command(make, replies, undisturbed):
    recognizer = make()
    os.kill(recognizer.pid, signal.SIGKILL)
    say(recognizer, 1, PCM)
    recognizer.finish(1)
    assert replies.next(Final).transcript == undisturbed
    assert len(replies.of(Restarted)) == 1


def test_a_model_that_vanishes_loses_utterances_until_it_is_back(make, replies, tmp_path, undisturbed):
    model = tiny_ctc.make(tmp_path / "fading")
    recognizer = make(model=model)
    hidden = model.files["streaming"].path.rename(tmp_path / "hidden.onnx")
    os.kill(recognizer.pid, signal.SIGKILL)
    say(recognizer, 1, PCM)
    assert "no such file" in replies.next(Lost).reason
    recognizer.finish(1)
    hidden.rename(model.files["streaming"].path)
    say(recognizer, 2, PCM)
    recognizer.finish(2)
    assert replies.next(Final).transcript == undisturbed


def test_calls_return_at_once_though_the_process_stands_still(make, replies):
    recognizer = make()
    os.kill(recognizer.pid, signal.SIGSTOP)
    silence = np.zeros(HOP, np.int16)
    before = time.thread_time()
    recognizer.start(1, Options())
    for _ in range(300):
        recognizer.accept(1, silence)
    recognizer.finish(1)
    assert time.thread_time() - before < 1.0
    os.kill(recognizer.pid, signal.SIGCONT)
    assert replies.next(Final).audio_s == 24.0


def test_an_utterance_keeps_its_first_thirty_seconds(make, replies):
    recognizer = make(mode="offline")
    recognizer.start(1, Options())
    for _ in range(33):
        recognizer.accept(1, np.resize(PCM, 16_000))
    recognizer.finish(1)
    assert replies.next(Final).audio_s == 30.0


def test_too_many_waiting_utterances_are_lost_by_name(make, replies):
    recognizer = make()
    os.kill(recognizer.pid, signal.SIGSTOP)
    for utterance in range(1, DEPTH + 2):
        say(recognizer, utterance, PCM[:HOP])
        recognizer.finish(utterance)
    lost = replies.next(Lost)
    assert lost.utterance == DEPTH + 1
    assert "behind" in lost.reason
    assert lost.code == "busy"
    os.kill(recognizer.pid, signal.SIGCONT)
    assert recognizer.drain(60)
    assert [final.utterance for final in replies.of(Final)] == list(range(1, DEPTH + 1))


def test_nothing_is_said_of_a_cancelled_utterance(make, replies):
    recognizer = make()
    for utterance in range(1, 21):
        say(recognizer, utterance, PCM[: 6 * HOP])
        recognizer.cancel(utterance)
        said = len(replies.all)
        say(recognizer, utterance + 100, PCM[: 6 * HOP])
        recognizer.finish(utterance + 100)
        assert recognizer.drain(30)
        assert {reply.utterance for reply in replies.all[said:]} == {utterance + 100}


def test_a_listener_that_fails_does_not_stop_the_recognizer(model, caplog):
    done = threading.Event()

    def listener(reply):
        if isinstance(reply, Final):
            done.set()
        raise ValueError("the listener's own fault")

    recognizer = ChildRecognizer(model, listener)
    say(recognizer, 1, PCM)
    recognizer.finish(1)
    assert done.wait(30)
    assert recognizer.drain(30)
    recognizer.close()
    assert "listener" in caplog.text


def damaged(tmp_path, damage: Callable[[Path], object]):
    model = tiny_ctc.make(tmp_path / "model")
    damage(model.files["streaming"].path)
    return model


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("not a model"),
        lambda path: path.write_bytes(path.read_bytes()[:-50]),
        lambda path: shutil.copy(path.parent / "offline.onnx", path),
        lambda path: (path.parent / "tokens.txt").write_text("<blk> 0\n"),
    ],
)
def test_a_bad_model_is_one_sentence_and_leaves_nothing_running(make, tmp_path, damage):
    with pytest.raises(ModelError) as caught:
        make(model=damaged(tmp_path, damage))
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not [thread for thread in threading.enumerate() if thread.name == "recognize"]


def test_a_network_that_onnxruntime_refuses_is_one_sentence(make, tmp_path):
    import onnx

    def rename_operator(path):
        model = onnx.load(path)
        model.graph.node[0].op_type = "Convolute"
        onnx.save(model, path)

    with pytest.raises(ModelError, match=r"streaming\.onnx: sherpa-onnx refuses it"):
        make(model=damaged(tmp_path, rename_operator))


def kill_on_first_use(path):
    """Flatten the output: every check passes, sherpa-onnx loads it, and its first decode ends the process."""
    import onnx

    model = onnx.load(path)
    (node,) = (node for node in model.graph.node if node.op_type == "LogSoftmax")
    node.op_type = "Flatten"
    del node.attribute[:]
    model.graph.output[0].type.tensor_type.shape.dim.pop()
    onnx.save(model, path)


@pytest.mark.parametrize("mode", ["streaming", "offline"])
def test_a_model_that_kills_on_first_use_is_found_before_it_serves(make, tmp_path, mode):
    model = tiny_ctc.make(tmp_path / "model")
    kill_on_first_use(model.files[mode].path)
    with pytest.raises(RecognizerDied, match=r"SIGSEGV.*while it loaded"):
        make(model=model, mode=mode)
    assert not [thread for thread in threading.enumerate() if thread.name == "recognize"]


def test_a_process_that_cannot_live_is_not_started_in_a_circle(make, replies, tmp_path):
    model = tiny_ctc.make(tmp_path / "model")
    recognizer = make(model=model)
    kill_on_first_use(model.files["streaming"].path)
    os.kill(recognizer.pid, signal.SIGKILL)
    for utterance in (1, 2):
        say(recognizer, utterance, PCM)
        assert "SIGSEGV" in replies.next(Lost).reason
        assert recognizer.pid is None
        recognizer.finish(utterance)
    assert recognizer.drain(1)
    assert replies.of(Restarted) == []


def test_close_ends_a_process_that_stands_still_within_two_seconds(make):
    recognizer = make()
    pid = recognizer.pid
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    recognizer.close()
    assert time.monotonic() - started < 2.0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    recognizer.start(1, Options())  # after close: nothing, and no error
    recognizer.accept(1, PCM)
    recognizer.finish(1)


@pytest.mark.parametrize("stopped", [False, True])
def test_the_process_does_not_outlive_a_daemon_that_is_killed(model, tmp_path, stopped):
    script = tmp_path / "daemon.py"
    script.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from edged.stages.recognize.process import ChildRecognizer\n"
        "from tests.stages.recognize import tiny_ctc\n"
        "recognizer = ChildRecognizer(tiny_ctc.describe(Path(sys.argv[1])), print)\n"
        "print(recognizer.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    daemon = subprocess.Popen(
        [sys.executable, str(script), str(model.folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    with daemon:
        pid = int(daemon.stdout.readline())
        child = os.pidfd_open(pid)
        if stopped:  # and so does not see its socket close
            os.kill(pid, signal.SIGSTOP)
        daemon.kill()
    assert select.select([child], [], [], 10)[0], "the recognizer's process is still there"
    os.close(child)


def test_ctrl_c_is_the_daemons_business(make, replies, undisturbed):
    recognizer = make()
    os.kill(recognizer.pid, signal.SIGINT)
    say(recognizer, 1, PCM)
    recognizer.finish(1)
    assert replies.next(Final).transcript == undisturbed
    assert replies.of(Restarted) == []


def test_the_process_says_what_it_cost(make, replies):
    recognizer = make()
    say(recognizer, 1, PCM)
    recognizer.finish(1)
    final = replies.next(Final)
    assert 0 < final.cpu_s < 5
    assert final.audio_s == pytest.approx(2.4)


def test_what_the_process_prints_is_logged_and_never_reaches_the_daemons_output(
    make, tmp_path, capfd, caplog
):
    import onnx
    from onnx import helper

    def one_frame_per_chunk(path):  # onnxruntime prints its refusal before it raises
        model = onnx.load(path)
        props = {entry.key: entry.value for entry in model.metadata_props}
        helper.set_model_props(model, props | {"window_size": "1", "chunk_shift": "1"})
        onnx.save(model, path)

    caplog.set_level("INFO")
    with pytest.raises(ModelError, match="refuses it"):
        make(model=damaged(tmp_path, one_frame_per_chunk))
    assert "recognizer process: " in caplog.text
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("status", "line", "sentence"),
    [
        (-9, "", "recognizer process was ended by SIGKILL"),
        (-11, "oops", "recognizer process was ended by SIGSEGV: oops"),
        (255, "tokens.cc: no blank", "recognizer process exited with status 255: tokens.cc: no blank"),
        (-99, "", "recognizer process was ended by signal 99"),
    ],
)
def test_an_end_is_explained(status, line, sentence):
    assert explain(status, line) == sentence
