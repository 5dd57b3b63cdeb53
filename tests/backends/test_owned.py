import threading

import pytest

from edged.backends.fake import FakeFeatures, FakeHeads
from edged.backends.owned import OwnedFeatures, OwnedHeads, Owner
from edged.errors import ModelError, ProviderUnavailable
from tests.backends.rig import hear
from tests.backends.test_chain import BEFORE, PCM


class Watched(FakeHeads):
    """Remembers on which threads it is used."""

    def __init__(self):
        self.on = [threading.current_thread().name]
        super().__init__(["alexa"])

    def scores(self, history):
        self.on.append(threading.current_thread().name)
        return super().scores(history)

    def close(self):
        self.on.append(threading.current_thread().name)
        super().close()


def living(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())


def test_a_driver_is_used_by_the_thread_that_opened_it_and_by_no_other():
    owner = Owner("npu heads", Watched, OwnedHeads)
    backend = owner.open()
    hear(FakeFeatures(), backend, PCM, BEFORE)
    inner = backend._inner
    backend.close()
    assert set(inner.on) == {"npu heads"}
    assert inner.closed


def test_each_opening_has_a_thread_of_its_own_that_ends_with_it():
    owner = Owner("gpu once", FakeFeatures, OwnedFeatures)
    first, second = owner.open(), owner.open()
    assert living("gpu once") == 2
    for backend in (first, second):
        backend.close()
        backend.close()
        backend._call._thread.join(60)
    assert living("gpu once") == 0


@pytest.mark.parametrize("error", [ModelError("no"), ProviderUnavailable("gpu", "no"), OSError("no")])
def test_what_cannot_be_opened_leaves_no_thread(error):
    def broken():
        raise error

    name = f"broken {type(error).__name__}"
    owner = Owner(name, broken, OwnedFeatures)
    with pytest.raises(ModelError if isinstance(error, ModelError) else ProviderUnavailable, match="no"):
        owner.open()
    for call in owner.calls:
        call._thread.join(60)
    assert living(name) == 0
