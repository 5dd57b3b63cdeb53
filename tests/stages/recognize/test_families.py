"""Each family through the recognizer's process: it loads, says what it can, and decodes."""

import queue

import pytest

from edged.geometry import HOP
from edged.stages.recognize.process import ChildRecognizer
from edged.stages.recognize.recognizer import Final, Lost, Options, Partial
from tests.stages.recognize import tiny_ctc
from tests.stages.recognize.tiny import transducer

PCM = tiny_ctc.sound(1, 2.4)

MODELS = {
    "transducer-streaming": lambda folder: transducer.make(folder, "streaming"),
    "transducer-streaming-zipformer": lambda folder: transducer.make(folder, "streaming", "zipformer"),
    "transducer-streaming-lstm": lambda folder: transducer.make(folder, "streaming", "lstm"),
    "transducer-streaming-conformer": lambda folder: transducer.make(folder, "streaming", "conformer"),
    "transducer-offline": lambda folder: transducer.make(folder, "offline"),
    "nemo-ctc-streaming": tiny_ctc.make,
}
UNTIMED = set()
"""Families whose models give no times: no words, rather than made-up ones."""


def decode(recognizer, replies, utterance, pcm):
    recognizer.start(utterance, Options())
    for at in range(0, len(pcm), HOP):
        recognizer.accept(pcm[at : at + HOP])
    recognizer.finish()
    heard = []
    while not heard or not isinstance(heard[-1], Final | Lost):
        heard.append(replies.get(timeout=60))
    return heard


@pytest.mark.parametrize("name", MODELS)
def test_a_family_loads_says_what_it_can_and_decodes(tmp_path, name):
    model = MODELS[name](tmp_path / "model")
    replies = queue.Queue()
    recognizer = ChildRecognizer(model, replies.put)
    try:
        can = recognizer.capabilities
        heard = [decode(recognizer, replies, utterance, PCM) for utterance in (1, 2)]
        other = decode(recognizer, replies, 3, tiny_ctc.sound(2, 2.4))
    finally:
        recognizer.close()
    assert can.family == model.recognizer.family
    assert can.mode == model.recognizer.modes[0]
    assert can.words == (name not in UNTIMED)
    first, second = (replies[-1].transcript for replies in heard)
    assert first == second, "something of the first utterance was heard in the second"
    assert first.text
    assert first.text != other[-1].transcript.text
    assert any(isinstance(reply, Partial) for reply in heard[0]) == (can.mode == "streaming")
    if not can.words:
        assert first.words == ()
        return
    assert "".join(word.text for word in first.words) == first.text.replace(" ", "")
    times = [time for word in first.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert 2.0 < times[-1] <= 2.4
