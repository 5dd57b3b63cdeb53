"""Random faults in three links: every hop is answered, and what is said is what happened."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.backends.chain import Chain
from edged.backends.fake import FakeFeatures, FakeHeads
from edged.backends.link import Link
from edged.backends.select import Measured
from edged.backends.verdict import Dangerous, Refused
from edged.errors import ProviderUnavailable
from edged.geometry import EMBEDDING, HISTORY
from edged.messages import Restarted
from tests.backends.rig import LINKS, Rig, follow, hear
from tests.sounds import noise

HOPS = 20
BEFORE = np.zeros((HISTORY, EMBEDDING), np.float32)
PCM = noise(5, HOPS)

fault = st.sampled_from(["fail", "raise", "nan", "shape", "slow", "hang"])
step = st.fixed_dictionaries(
    {"faults": st.dictionaries(st.sampled_from(LINKS), fault, max_size=3)},
    optional={
        "closed": st.sets(st.sampled_from(LINKS[:2])),
        "later": st.sampled_from([0.0, 5.0, 30.0, 120.0, 4000.0]),
    },
)


def backends():
    return FakeFeatures(), FakeHeads(("alexa", "timer"), windows=(16, 34))


UNDISTURBED = hear(*backends(), PCM, BEFORE)


@settings(max_examples=120)
@given(st.sampled_from(["features", "heads"]), st.dictionaries(st.integers(0, HOPS - 1), step))
def test_every_hop_is_answered_right_and_every_change_is_said_once(stage, schedule):
    rig = Rig(stage, *backends())
    moves, served = [], rig.serving

    def at(hop: int) -> None:
        nonlocal served
        happens = schedule.get(hop, {"faults": {}})
        if "later" in happens:
            rig.closed_to = happens.get("closed", set())
            rig.clock.spend(happens["later"])
            rig.faults.pop(
                "last", None
            )  # hung while compared with, and failing in its next hop: two in a row
            rig.scout.work()
        rig.faults = dict(happens["faults"])
        if rig.faults.get("last") == "hang" and rig.opened.count("last") > 2:
            rig.faults["last"] = "fail"  # after its third hang nobody opens it again, and the run ends
        moves.append(rig.serving)

    found = hear(rig.features, rig.heads, PCM, BEFORE, at)
    end = rig.serving
    rig.close()
    for mine, expected in zip(found, UNDISTURBED, strict=True):
        assert np.array_equal(mine, expected)
    assert follow(rig.said, "last") == end
    opened_anew = sum(isinstance(body, Restarted) for body in rig.said)
    assert rig.opened.count("last") == 1 + opened_anew
    assert all(verdict.state != "serving" or verdict.provider == end for verdict in rig.chain.verdicts())


def test_a_link_that_serves_for_an_hour_is_forgiven_and_one_that_keeps_failing_rests_longer():
    rig = Rig("features", *backends())
    rig.scout.work()
    rests = []
    for served_s in (10.0, 10.0, 10.0, 10.0, 4000.0, 10.0):
        rig.clock.spend(served_s)
        rig.faults["first"] = "fail"
        hear(rig.features, rig.heads, PCM[:1280], BEFORE)
        rests.append(round(rig.links[0].due - rig.clock.now, 6))
        rig.clock.spend(rests[-1])
        rig.scout.work()
        assert rig.serving == "first"
    rig.close()
    assert rests == [30.0, 120.0, 600.0, 3600.0, 30.0, 120.0]


def test_one_late_step_demotes_nobody_and_a_good_one_between_starts_the_count_anew():
    rig = Rig("heads", *backends())
    rig.scout.work()
    late = {2, 3, 5, 6, 8, 9}
    hear(rig.features, rig.heads, PCM, BEFORE, lambda hop: hop in late and rig.faults.update(first="slow"))
    assert rig.serving == "first"
    late = {2, 3, 4}
    hear(rig.features, rig.heads, PCM, BEFORE, lambda hop: hop in late and rig.faults.update(first="slow"))
    rig.close()
    assert rig.serving == "middle"
    assert rig.said[-1].reason == "3 steps in a row over 40 ms"


def test_a_driver_that_hung_three_times_is_left_alone():
    rig = Rig("heads", *backends())
    rig.scout.work()
    for _ in range(3):
        rig.faults["first"] = "hang"
        hear(rig.features, rig.heads, PCM[:1280], BEFORE)
        rig.clock.spend(rig.links[0].due - rig.clock.now)
        rig.scout.work()
    verdict = next(verdict for verdict in rig.chain.verdicts() if verdict.provider == "first")
    rig.close()
    assert rig.links[0].due is None
    assert verdict.state == "refused"
    assert verdict.reason == "hangs: it holds 3 threads, so it is left alone until a restart"


def chain_of(*names: str, named: str | None = None):
    said = []
    links = [Link(name, FakeFeatures) for name in names]
    return Chain("features", links, said.append, named, clock=lambda: 0.0), links, said


def test_links_serve_in_the_order_of_what_they_cost_whenever_they_come():
    chain, (a, b, _), said = chain_of("a", "b", "cpu")
    cpu = Measured(1.0, 4.0)
    chain.admit(a, FakeFeatures(), "", Measured(1.0, 2.0), cpu)
    chain.admit(b, FakeFeatures(), "", Measured(1.0, 1.0), cpu)
    assert [(body.from_, body.to) for body in said] == [("cpu", "a"), ("a", "b")]
    assert [verdict.provider for verdict in chain.verdicts()] == ["b", "a", "cpu"]
    assert [verdict.state for verdict in chain.verdicts()] == ["serving", "standby", "standby"]


def test_a_named_backend_that_cannot_serve_is_said_once_and_its_late_success_is_a_recovery():
    chain, (gpu, _), said = chain_of("gpu", "cpu", named="gpu")
    for _ in range(2):
        chain.turn_away(gpu, ProviderUnavailable("gpu", "no such device"))
    assert [(body.NAME, body.from_, body.to, body.reason) for body in said] == [
        ("fallback", "gpu", "cpu", "no such device")
    ]
    chain.admit(gpu, FakeFeatures(), "Mali", Measured(9.0, 9.0), Measured(1.0, 1.0))
    chain.failed(chain.serving, "lost")
    chain.turn_away(gpu, Refused("gpu", "wrong"))
    assert [body.NAME for body in said] == ["fallback", "recovered", "fallback"]


def test_what_kills_the_process_that_tries_it_is_not_tried_again_in_this_run():
    chain, (gpu, npu, _), said = chain_of("gpu", "npu", "cpu")
    chain.turn_away(gpu, Dangerous("gpu", "the process that tries it is ended by SIGABRT"))
    chain.turn_away(npu, Refused("npu", "wrong"))
    assert (gpu.due, npu.due) == (None, 30.0)
    assert said == []


def test_what_was_replaced_is_closed_by_others_and_all_else_with_the_chain():
    chain, (gpu, cpu), _ = chain_of("gpu", "cpu")
    first, second = FakeFeatures(), FakeFeatures()
    chain.admit(gpu, first, "", Measured(1, 1), Measured(2, 2))
    chain.failed(chain.serving, "lost")
    assert not first.closed
    assert chain.take_dropped() == [first]
    chain.admit(gpu, second, "", Measured(1, 1), Measured(2, 2))
    chain.close()
    chain.close()
    assert second.closed
    assert cpu.backend.closed


def test_who_fails_late_in_what_was_replaced_demotes_nobody():
    chain, (a, b, _), said = chain_of("a", "b", "cpu")
    for link in (a, b):
        chain.admit(link, FakeFeatures(), "", Measured(1.0, 1.0), Measured(2.0, 2.0))
    stale = chain.serving
    chain.failed(stale, "lost")
    chain.failed(stale, "lost, too: another stream was in the same call")
    assert (chain.serving.link, len(said)) == (b, 2)
    assert b.state == "serving"
