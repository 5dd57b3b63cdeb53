"""Every stream gets its turn, and one that breaks costs the others nothing."""

import threading

import numpy as np
import pytest

from edged.errors import ProviderFailed
from edged.geometry import HOP
from edged.messages import EndpointReason, Frame
from edged.runtime.ears import Ears

LONG_S = 20


class Hearer:
    """Notes what it heard in a list that all share."""

    def __init__(self, name: str, heard: list[str], failure: BaseException | None = None) -> None:
        self.name = name
        self.heard = heard
        self.failure = failure
        self.samples = 0
        self.reason: EndpointReason | None = None

    def feed(self, frame: Frame) -> None:
        if self.failure is not None:
            raise self.failure
        self.samples += len(frame.pcm)
        self.heard.append(self.name)

    def end(self, reason: EndpointReason) -> None:
        self.reason = reason


class Client:
    """One stream, and when it was told what."""

    def __init__(self, ears: Ears, hearer: Hearer) -> None:
        self.hearer = hearer
        self.over = threading.Event()
        self.failure = ""
        self.inflow = ears.open(hearer.name, hearer, lambda: None, self._ended)

    def _ended(self, failure: str) -> None:
        self.failure = failure
        self.over.set()


@pytest.fixture
def ears():
    ears = Ears(lambda worker: None)
    yield ears
    if ears.worker.alive:
        ears.close()


def test_streams_take_turns(ears):
    heard: list[str] = []
    clients = [Client(ears, Hearer(name, heard)) for name in "abc"]
    for client in clients:
        client.inflow.put(np.zeros(5 * HOP, np.int16))
        client.inflow.end("end_of_stream")
    ears.start()
    assert all(client.over.wait(LONG_S) for client in clients)
    assert "".join(heard) == "abc" * 5
    assert [client.hearer.reason for client in clients] == ["end_of_stream"] * 3
    assert ears.count == 0


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [(ProviderFailed("cpu", "the VAD broke"), "cpu: the VAD broke"), (ZeroDivisionError(), "a fault inside")],
)
def test_a_stream_that_breaks_is_told_and_the_others_go_on(ears, failure, sentence):
    heard: list[str] = []
    broken, whole = Client(ears, Hearer("broken", heard, failure)), Client(ears, Hearer("whole", heard))
    ears.start()
    for client in (broken, whole):
        client.inflow.put(np.zeros(3 * HOP, np.int16))
    assert broken.over.wait(LONG_S)
    assert broken.failure == sentence
    assert broken.inflow.waiting == 0
    whole.inflow.end("end_of_stream")
    assert whole.over.wait(LONG_S)
    assert (whole.failure, whole.hearer.samples) == ("", 3 * HOP)


def test_closing_ends_every_stream(ears):
    client = Client(ears, Hearer("a", []))
    ears.start()
    client.inflow.put(np.zeros(HOP, np.int16))
    ears.close()
    assert client.over.is_set()
    assert client.hearer.reason == "shutdown"
    assert not ears.worker.alive


def test_it_is_full_once_a_hop_of_all_streams_would_take_nearly_as_long_as_a_hop_lasts(ears):
    ears.hop_s = 0.02
    assert not ears.full
    for name in "abc":
        Client(ears, Hearer(name, []))
    assert ears.full
