"""Who is tried, when, and what is believed of earlier trials."""

import pytest

from edged.backends.fake import FakeFeatures, FakeHeads
from edged.backends.proofs import PROOFS
from edged.backends.scout import Prospect, Scout
from edged.backends.select import Measured
from edged.backends.trial import Trial
from edged.backends.verdict import Dangerous, Refused
from edged.errors import ModelError
from tests.backends.rig import Rig, hear
from tests.backends.test_chain import BEFORE, PCM


@pytest.fixture
def rig():
    rig = Rig("features", FakeFeatures(), FakeHeads(("alexa",)), links=("first", "last"))
    yield rig
    rig.close()


def scout_of(rig: Rig, trial) -> Scout:
    prospect = Prospect(rig.chain, rig.links[0], PROOFS["features"], trial)
    return Scout([prospect], rig.clock, lambda: 0.0, rig.clock.sleep)


def test_what_is_remembered_will_do_until_the_link_has_failed(rig):
    asked = []

    def trial(sleep, remembered):
        asked.append(remembered)
        return Trial("Mali-G610", Measured(1.0, 1.0), Measured(1.0, 3.0))

    scout = scout_of(rig, trial)
    assert scout.work() is None
    rig.faults["first"] = "fail"
    hear(rig.features, rig.heads, PCM[:1280], BEFORE)
    assert scout.work() == 30.0
    rig.clock.spend(30.0)
    scout.work()
    assert asked == [True, False]
    assert rig.chain.verdicts()[0].device == "Mali-G610"
    up = ("recovered", "last", "first")
    assert rig.changes() == [up, ("fallback", "first", "last"), up]


def test_a_driver_that_died_in_the_child_is_never_opened_here(rig):
    def trial(sleep, remembered):
        raise Dangerous("first", "the process that tries it is ended by SIGSEGV")

    assert scout_of(rig, trial).work() is None
    assert rig.opened == ["last"]


def test_one_that_passed_in_the_child_and_computes_wrongly_here_is_refused_and_closed(rig):
    rig.faults, rig.lasting = {"first": "wrong"}, {"first"}
    scout = scout_of(rig, lambda sleep, remembered: Trial("", Measured(1.0, 1.0), Measured(1.0, 3.0)))
    assert scout.work() == 30.0
    verdict = rig.chain.verdicts()[0]
    assert (verdict.state, rig.links[0].backend) == ("refused", None)
    assert "differ by 0.5" in verdict.reason
    assert rig.changes() == []


@pytest.mark.parametrize(
    "error", [ModelError("embedding.onnx: no operator of this provider"), Refused("first", "no")]
)
def test_a_model_that_only_this_provider_cannot_read_is_a_reason_like_any_other(rig, error):
    def trial(sleep, remembered):
        raise error

    assert scout_of(rig, trial).work() == 30.0
    assert rig.serving == "last"
    assert rig.chain.verdicts()[0].reason in str(error)


def test_what_was_replaced_is_closed_by_the_scout_and_a_close_that_hangs_harms_nobody(rig):
    closed = []
    scout = scout_of(rig, None)
    scout.work()
    rig.links[0].backend._inner.close = lambda: closed.append(rig.clock.hang())
    rig.faults["first"] = "fail"
    hear(rig.features, rig.heads, PCM[:1280], BEFORE)
    assert closed == []
    scout.work()
    assert rig.serving == "last"


def test_a_run_without_candidates_starts_no_thread():
    scout = Scout([])
    scout.start()
    assert scout.work() is None
    scout.stop()
