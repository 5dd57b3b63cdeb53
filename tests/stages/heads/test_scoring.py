import numpy as np
import pytest

from edged.backends.fake import FakeHeads, Faults
from edged.errors import ProviderFailed
from edged.geometry import EMBEDDING, HISTORY
from edged.stages.heads.scoring import Scoring

ROWS = np.ones((HISTORY, EMBEDDING), np.float32)


def test_the_first_five_hops_score_nothing():
    scoring = Scoring(FakeHeads(["alexa", "timer"]))
    scores = [scoring.score(ROWS, hops).tolist() for hops in range(1, 8)]
    assert scores[:5] == [[0.0, 0.0]] * 5
    assert scores[5] == scores[6] == FakeHeads(["alexa", "timer"]).scores(ROWS).tolist() != [0.0, 0.0]


def test_a_backend_that_cannot_answer_is_known_from_the_first_hop():
    with pytest.raises(ProviderFailed):
        Scoring(FakeHeads(["alexa"], faults=Faults(fail_at=frozenset({1})))).score(ROWS, 1)


@pytest.mark.parametrize(("windows", "until"), [((16,), 16), ((16, 34), 34), ((22, 16), 22)])
def test_warms_until_the_longest_window_is_real(windows, until):
    scoring = Scoring(FakeHeads([f"w{w}" for w in windows], windows))
    assert [scoring.warming(hops) for hops in (until - 1, until, until + 1)] == [True, False, False]


def test_columns_are_the_backend_s():
    assert Scoring(FakeHeads(["a", "b"])).columns == ("a", "b")
