"""Each fault in each link of each stage: every hop is answered as if nothing had been, a change said once."""

import numpy as np
import pytest

from edged.backends.backend import Floats
from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.openers import FeatureModels
from edged.backends.proofs import PROOFS
from edged.backends.scout import Prospect, Scout
from edged.backends.trial import ask_child, judge
from edged.errors import ProviderFailed, ProviderUnavailable
from edged.stages.features.quiet_room import quiet_room
from tests.backends.rig import LINKS, Rig, hear
from tests.oww_models import model
from tests.sounds import chirps

HOPS = 30
AT = 14
"""The hop in which the fault comes: every link has a past by then."""

FAULTS = ("fail", "raise", "nan", "shape", "slow", "hang")
STAGES = ("features", "heads")


@pytest.fixture(scope="module")
def features() -> CpuFeatures:
    return CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))


@pytest.fixture(scope="module")
def heads() -> CpuHeads:
    names = ("alexa", "hey_jarvis", "weather", "timer")
    return CpuHeads([HeadModel(name, model(f"{name}_v0.1.onnx")) for name in names])


@pytest.fixture(scope="module")
def before(features) -> Floats:
    return quiet_room(features.stream())


@pytest.fixture(scope="module")
def undisturbed(features, heads, before) -> tuple[Floats, Floats]:
    return hear(features, heads, chirps(HOPS), before)


@pytest.fixture
def rig(request, features, heads):
    rig = Rig(request.param, features, heads)
    yield rig
    rig.close()


def compare(rig, before, undisturbed, at):
    found = hear(rig.features, rig.heads, chirps(HOPS), before, at)
    for mine, expected in zip(found, undisturbed, strict=True):
        assert mine.shape == expected.shape
        assert np.array_equal(mine, expected)


def above(link: str) -> tuple[str, ...]:
    return LINKS[: LINKS.index(link)]


def below(link: str) -> str:
    return LINKS[LINKS.index(link) + 1]


STARTED = ("recovered", "last", "first")


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("rig", STAGES, indirect=True)
def test_a_link_that_fails_while_it_serves_loses_no_hop(rig, fault, link, before, undisturbed):
    expected = [STARTED]
    rig.scout.work()
    assert rig.serving == "first"
    for better in above(link):
        expected.append(("fallback", better, below(better)))

    def at(hop: int) -> None:
        if hop in (3, 5) and (hop - 3) // 2 < len(above(link)):
            rig.faults[rig.serving] = "fail"
        if hop == AT:
            assert rig.serving == link
            rig.faults[link] = fault
            rig.lasting = {link} if fault == "slow" else set()
        if hop == AT + 4:
            rig.faults.clear()

    compare(rig, before, undisturbed, at)
    if link != "last":
        expected.append(("fallback", link, below(link)))
    elif fault != "slow":  # nobody is below it: opened anew, it goes on
        expected.append(("restarted", "last"))
    assert rig.changes() == expected


@pytest.mark.parametrize("way", ["open", "wrong", "nan", "shape", "fail", "slow", "hang"])
@pytest.mark.parametrize("link", ["first", "middle"])
@pytest.mark.parametrize("rig", STAGES, indirect=True)
def test_a_link_that_cannot_be_opened_or_proven_never_serves(rig, link, way, before, undisturbed):
    """Faults on the known answers: the probe, and the calibration for `slow`."""

    def at(hop: int) -> None:
        if hop == 4:
            if way == "open":
                rig.closed_to = {link}
            else:
                rig.faults, rig.lasting = {link: way}, {link}
            rig.scout.work()
        if hop == 20:
            assert rig.serving == ("middle" if link == "first" else "first")
            rig.faults[rig.serving] = "fail"

    compare(rig, before, undisturbed, at)
    serves = "middle" if link == "first" else "first"
    assert rig.changes() == [("recovered", "last", serves), ("fallback", serves, "last")]
    verdict = next(verdict for verdict in rig.chain.verdicts() if verdict.provider == link)
    assert verdict.state == ("unavailable" if way == "open" else "refused")
    assert verdict.reason


@pytest.mark.parametrize("link", ["first", "middle"])
@pytest.mark.parametrize("rig", STAGES, indirect=True)
def test_a_link_that_aborts_in_the_child_that_tries_it_never_serves(rig, link, before, undisturbed):
    """A last link is tried so only where it was named; then nothing is heard (test_compiled.py)."""
    mels = FeatureModels(model("melspectrogram.onnx"), model("embedding_model.onnx"))
    models = mels if rig.chain.stage == "features" else (HeadModel("alexa", model("alexa_v0.1.onnx")),)

    def trial(sleep, remembered):
        return judge(link, ask_child("tests.backends.natives:aborts", models))

    proof = PROOFS[rig.chain.stage]
    prospects = [
        Prospect(rig.chain, each, proof, trial if each.provider == link else None) for each in rig.links[:-1]
    ]
    scout = Scout(prospects, rig.clock, rig._cpu_clock, rig.clock.sleep)

    compare(rig, before, undisturbed, lambda hop: hop == 4 and scout.work())
    assert rig.changes() == [("recovered", "last", "middle" if link == "first" else "first")]
    verdict = next(verdict for verdict in rig.chain.verdicts() if verdict.provider == link)
    assert (verdict.state, verdict.reason) == ("refused", "the process that tries it is ended by SIGABRT")


@pytest.mark.parametrize("rig", STAGES, indirect=True)
def test_a_last_link_that_cannot_be_opened_is_the_end(rig, features, heads, before):
    with pytest.raises(ProviderUnavailable, match="planned: cannot be opened"):
        Closed(rig.chain.stage, features, heads)
    rig.closed_to = {"last"}
    rig.faults["last"] = "fail"
    with pytest.raises(
        ProviderFailed, match=r"planned fault; it cannot be opened anew: planned: cannot be opened"
    ):
        hear(rig.features, rig.heads, chirps(2), before)
    assert rig.changes() == []


class Closed(Rig):
    """A rig whose last link cannot even be opened at the start."""

    def _link(self, stage, name, inner):
        self.closed_to = {"last"}
        return super()._link(stage, name, inner)


@pytest.mark.parametrize("rig", STAGES, indirect=True)
def test_a_last_link_that_fails_again_as_soon_as_it_was_opened_anew_is_the_end(rig, before):
    rig.faults, rig.lasting = {"last": "fail"}, {"last"}
    with pytest.raises(ProviderFailed, match="failed again as soon as it was opened anew: planned fault"):
        hear(rig.features, rig.heads, chirps(2), before)
    assert rig.changes() == [("restarted", "last")]


@pytest.mark.parametrize("rig", STAGES, indirect=True)
def test_links_that_fail_in_one_hop_are_all_passed_over_in_it(rig, before, undisturbed):
    rig.scout.work()
    compare(
        rig,
        before,
        undisturbed,
        lambda hop: hop == AT and rig.faults.update(first="nan", middle="hang", last="fail"),
    )
    assert rig.changes() == [
        STARTED, ("fallback", "first", "middle"), ("fallback", "middle", "last"), ("restarted", "last"),
    ]  # fmt: skip


@pytest.mark.parametrize("rig", STAGES, indirect=True)
def test_what_failed_comes_back_after_half_a_minute_and_goes_on_where_the_stream_is(rig, before, undisturbed):
    def at(hop: int) -> None:
        if hop == 6:
            rig.faults["first"] = "hang"
        if hop == 8:
            rig.clock.spend(29.0)
            rig.scout.work()
            assert rig.serving == "middle"
            rig.clock.spend(1.0)
            rig.scout.work()
            assert rig.serving == "first"

    rig.scout.work()
    compare(rig, before, undisturbed, at)
    assert rig.changes() == [STARTED, ("fallback", "first", "middle"), ("recovered", "middle", "first")]


def test_all_streams_move_together_and_the_change_is_said_once(features, heads, before, undisturbed):
    rig = Rig("features", features, heads)
    rig.scout.work()
    streams = [hear_in_steps(rig, before) for _ in range(3)]
    for hop in range(HOPS):
        if hop == AT:
            rig.faults["first"] = "fail"
        for stream in streams:
            assert np.array_equal(next(stream), undisturbed[0][hop])
    rig.close()
    assert rig.changes() == [STARTED, ("fallback", "first", "middle")]


def hear_in_steps(rig, before):
    from edged.geometry import HOP
    from edged.stages.features.features import Features

    stream, pcm = Features(rig.features.stream()), chirps(HOPS)
    for hop in range(HOPS):
        yield stream.push(pcm[hop * HOP : (hop + 1) * HOP])
