"""A chain serves recognizers by the same rules: what one link loses, the next one answers."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from edged.backends.chain import Chain
from edged.backends.link import Link
from edged.backends.select import Measured
from edged.errors import ProviderFailed, ProviderUnavailable
from edged.geometry import HOP
from edged.messages import Fallback, Restarted
from edged.stages.recognize.fake import FakeRecognizer
from edged.stages.recognize.recognizer import Final, Lost, Options, Partial, Reply
from tests.sounds import noise

COST = Measured(p95_ms=5.0, cpu_ms=1.0)


@dataclass
class Mortal(FakeRecognizer):
    """A recognizer that dies over its utterances from a certain one on."""

    dies_from: int = 99
    closed: bool = False

    def finish(self, utterance: int) -> None:
        if utterance in self.open and utterance >= self.dies_from:
            self.open.remove(utterance)
            self.on_reply(Lost(utterance, "ended by SIGSEGV, for the second time with this utterance"))
            return
        super().finish(utterance)

    def close(self) -> None:
        self.closed = True


@dataclass
class Desk:
    """Asks whoever serves, and the next one where an utterance was lost."""

    said: list = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def link(self, name: str, dies_from: int) -> Link:
        return Link(name, lambda: Mortal(self.replies.append, texts=(name,), dies_from=dies_from))

    def chain(self, *links: Link) -> Chain:
        chain = Chain("recognize", links, self.said.append)
        for link in links[:-1]:
            chain.admit(link, link.open(), "", COST, Measured(9.0, 9.0))
        self.said.clear()
        return chain

    def recognize(self, chain: Chain, utterance: int, pcm: np.ndarray) -> str:
        while True:
            serving = chain.serving
            serving.backend.start(utterance, Options())
            serving.backend.accept(utterance, pcm)
            serving.backend.finish(utterance)
            match self.replies[-1]:
                case Final(_, transcript):
                    chain.took(serving, 0.0)
                    return transcript.text
                case Lost(_, reason):
                    chain.failed(serving, reason)


def test_an_utterance_that_one_recognizer_lost_is_heard_whole_by_the_next():
    desk, pcm = Desk(), noise(1, 5)
    npu, remote, cpu = desk.link("npu", 2), desk.link("remote", 3), desk.link("cpu", 99)
    chain = desk.chain(npu, remote, cpu)
    assert [desk.recognize(chain, utterance, pcm) for utterance in (1, 2, 3, 4)] == [
        "npu",
        "remote",
        "cpu",
        "cpu",
    ]
    assert [(body.stage, body.from_, body.to) for body in desk.said] == [
        ("recognize", "npu", "remote"),
        ("recognize", "remote", "cpu"),
    ]
    assert all(isinstance(body, Fallback) and "SIGSEGV" in body.reason for body in desk.said)
    assert sum(len(heard) for heard in cpu.backend.heard[3]) == 5 * HOP
    finals = [reply.utterance for reply in desk.replies if isinstance(reply, Final)]
    assert finals == [1, 2, 3, 4]
    assert not [
        reply for reply in desk.replies if isinstance(reply, Partial) and reply.utterance not in finals
    ]


def test_one_that_fails_its_known_utterance_never_serves():
    desk = Desk()
    npu, cpu = desk.link("npu", 99), desk.link("cpu", 99)
    chain = Chain("recognize", [npu, cpu], desk.said.append)
    chain.turn_away(npu, ProviderUnavailable("npu", "answers 'turn of the light'"))
    assert desk.recognize(chain, 1, noise(1, 2)) == "cpu"
    assert desk.said == []
    assert [(v.stage, v.provider, v.state) for v in chain.verdicts()] == [
        ("recognize", "npu", "unavailable"),
        ("recognize", "cpu", "serving"),
    ]


def test_a_last_recognizer_that_loses_the_same_utterance_twice_is_the_end():
    desk = Desk()
    chain = desk.chain(desk.link("cpu", 2))
    desk.recognize(chain, 1, noise(1, 2))
    with pytest.raises(ProviderFailed, match="failed again as soon as it was opened anew"):
        desk.recognize(chain, 2, noise(1, 2))
    assert [type(body) for body in desk.said] == [Restarted]


def test_closing_closes_every_recognizer():
    desk = Desk()
    npu, cpu = desk.link("npu", 2), desk.link("cpu", 99)
    chain = desk.chain(npu, cpu)
    first = npu.backend
    desk.recognize(chain, 2, noise(1, 2))
    chain.close()
    assert first.closed
    assert cpu.backend.closed
