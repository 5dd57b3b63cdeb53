import pytest

from edged.bench import contenders, peers
from edged.bench.contenders import Contender, Models
from tests.bench.documented import missing
from tests.oww_models import model

COSTS = {"edged": [100.0, 200.0, 100.0], "slow": [400.0, 1200.0, 500.0]}


def models() -> Models:
    return Models(model("melspectrogram.onnx"), model("embedding_model.onnx"), model("alexa_v0.1.onnx"))


@pytest.mark.filterwarnings("ignore")  # of the peers' own imports
def test_every_installed_peer_is_measured_and_scores_the_same_word():
    result = peers.run(models(), blocks=3, block_hops=2, paced_s=0.4)
    measured = set(result["contenders"])
    assert missing(result, "peers") == set()
    assert measured | set(result["absent"]) == {"edged", "openwakeword", "pyopen-wakeword"}
    assert "edged" in measured
    for way, count in (("back_to_back", 3), ("paced", 5)):
        assert set(result[way]["cpu_us_per_hop"]) == measured
        assert all(
            cost["n"] == count and cost["median"] > 0 for cost in result[way]["cpu_us_per_hop"].values()
        )
        assert set(result[way]["times_edged"]) == measured - {"edged"}
    text = peers.table(result)
    assert all(name in text for name in measured)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["openwakeword", "pyopen_wakeword"])
def test_a_peer_hears_what_edged_hears(name):
    soundfile, asset = pytest.importorskip("soundfile"), pytest.importorskip("tests.assets").asset
    pytest.importorskip(name)
    pcm, _ = soundfile.read(asset("wake/positive/wyoming/alexa.wav"), dtype="int16")
    edged, peer = contenders.edged(models()), getattr(contenders, name)(models())
    hops = [pcm[at : at + 1280] for at in range(0, len(pcm) - 1279, 1280)]
    loudest = [max(each.hear(each.prepare(hop)) for hop in hops) for each in (edged, peer)]
    assert min(loudest) > 0.9


def test_an_absent_peer_is_left_out_with_a_sentence():
    def missing(_models: Models) -> Contender:
        raise ImportError("No module named 'ghost'")

    candidates = (("edged", contenders.edged), ("ghost", missing))
    result = peers.run(models(), blocks=1, block_hops=1, paced_s=0, candidates=candidates)
    assert list(result["contenders"]) == ["edged"]
    assert result["absent"] == {"ghost": "not installed, so not measured (No module named 'ghost')"}
    assert result["paced"] is None
    assert "ghost: not installed" in peers.table(result)


def test_ratios_are_taken_block_by_block_and_reported_with_their_spread():
    report = peers._report(COSTS)
    assert report["cpu_us_per_hop"]["slow"] == {"median": 500.0, "p10": 420.0, "p90": 1060.0, "n": 3}
    assert report["times_edged"] == {"slow": {"median": 5.0, "p10": 4.2, "p90": 5.8, "n": 3}}
