"""When a process gives a sign of life of its own accord."""

import socket
import threading

from edged.stages.recognize import answers, wire
from edged.stages.recognize.link import Link
from edged.stages.recognize.pulse import Pulse, beat


def test_an_open_utterance_in_silence_is_a_beat_until_the_socket_closes():
    ours, theirs = socket.socketpair()
    ours.settimeout(10)
    pulse = Pulse()
    thread = threading.Thread(target=beat, args=(Link(theirs), pulse, 0.01))
    thread.start()
    pulse.open()
    assert wire.Reader().feed(ours.recv(4096))[0] == answers.Beat(0.0)
    ours.close()
    thread.join(10)  # it ended with the socket
    theirs.close()
    assert not thread.is_alive()
