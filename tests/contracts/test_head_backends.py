"""Every HeadBackend obeys the same laws, whatever it computes with."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from edged.backends.backend import HeadBackend
from edged.backends.chain import Chain
from edged.backends.chained_heads import ChainedHeads, SideBySide
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.fake import FakeHeads
from edged.backends.link import Link
from edged.backends.owned import OwnedHeads, Owner
from edged.errors import ProviderFailed
from edged.geometry import EMBEDDING, HISTORY
from tests.oww_models import model

HEADS = ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "weather", "timer")


def cpu(names: tuple[str, ...] = HEADS) -> CpuHeads:
    return CpuHeads([HeadModel(name, model(f"{name}_v0.1.onnx")) for name in names])


def chain(names: tuple[str, ...]) -> ChainedHeads:
    return ChainedHeads(Chain("heads", [Link("cpu", lambda: cpu(names))], lambda body: None))


FACTORIES: dict[str, Callable[[], HeadBackend]] = {
    "fake": lambda: FakeHeads(("alexa", "timer.1_minute"), windows=(16, 34)),
    "cpu": cpu,
    "cpu on a thread of its own": lambda: Owner("cpu heads", cpu, OwnedHeads).open(),
    "chain of one": lambda: chain(HEADS),
    "two chains side by side": lambda: SideBySide([chain(HEADS[:4]), chain(HEADS[4:])]),
}


@pytest.fixture(params=FACTORIES)
def backend(request) -> Iterator[HeadBackend]:
    backend = FACTORIES[request.param]()
    yield backend
    backend.close()


def history(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=8, size=(HISTORY, EMBEDDING)).astype(np.float32)


def test_one_score_per_column_between_nothing_and_certainty(backend):
    scores = backend.scores(history(1))
    assert scores.shape == (len(backend.columns),) == (len(backend.windows),)
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()


def test_a_head_is_stateless(backend):
    first = backend.scores(history(2)).copy()
    backend.scores(history(3))
    assert np.array_equal(backend.scores(history(2)), first)


def test_a_column_sees_its_own_window_and_nothing_older(backend):
    new = history(4)
    for column, window in enumerate(backend.windows):
        old = new.copy()
        old[: HISTORY - window] += 5.0
        assert backend.scores(old)[column] == backend.scores(new)[column]


def test_columns_have_names_of_their_own(backend):
    assert len(set(backend.columns)) == len(backend.columns) > 0


def test_a_wrong_shape_is_an_error_of_ours(backend):
    with pytest.raises(ProviderFailed):
        backend.scores(np.zeros((HISTORY - 1, EMBEDDING), np.float32))


def test_closing_twice_is_allowed(backend):
    backend.close()
    backend.close()
