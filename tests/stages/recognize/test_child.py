"""What the process says, and when: in this process, at the other end of a socket."""

import socket
import threading

import pytest

from edged.messages import Transcript
from edged.stages.recognize import wire
from edged.stages.recognize.child import Link, Pulse, Worker, beat
from edged.stages.recognize.recognizer import Capabilities


class Counting:
    """A Decoder that hears how many samples there were."""

    capabilities = Capabilities("counting", "none", "streaming", words=False)

    def start(self, options):
        self.samples = 0

    def accept(self, pcm):
        self.samples += len(pcm)
        return str(self.samples)

    def finish(self):
        return Transcript(str(self.samples))


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    with ours, theirs:
        yield ours, theirs


def heard(sock) -> list:
    return [(message.KIND, message.text) for message in wire.Reader().feed(sock.recv(4096))]


def test_of_audio_that_came_together_only_the_last_partial_is_said(ends):
    ours, theirs = ends
    worker = Worker(Counting(), Link(theirs), Pulse())
    worker.handle([wire.Start(1, True), wire.Audio(bytes(20)), wire.Audio(bytes(40))])
    assert heard(ours) == [("partial", "30")]
    worker.handle([wire.Audio(bytes(2)), wire.Finish()])
    assert heard(ours) == [("final", "31")]


def test_an_open_utterance_in_silence_is_a_beat_until_the_socket_closes(ends):
    ours, theirs = ends
    pulse = Pulse()
    thread = threading.Thread(target=beat, args=(Link(theirs), pulse, 0.01))
    thread.start()
    pulse.open()
    assert wire.Reader().feed(ours.recv(4096))[0] == wire.Beat(0.0)
    ours.close()
    thread.join(10)  # it ended with the socket
    assert not thread.is_alive()
