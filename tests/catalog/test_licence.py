from dataclasses import replace
from pathlib import Path

import pytest

from edged.catalog.known import known
from edged.catalog.licence import licence_problem, non_commercial

JARVIS = known()["hey_jarvis"].model(Path("/models/hey_jarvis"))


def test_a_non_commercial_model_waits_for_acceptance():
    problem = licence_problem(JARVIS, [])
    assert problem is not None
    assert "hey_jarvis" in problem
    assert 'accept_licences = ["CC-BY-NC-SA-4.0"]' in problem
    assert licence_problem(JARVIS, ["CC-BY-NC-4.0"]) is not None


def test_acceptance_is_by_spdx_name_in_any_case():
    assert licence_problem(JARVIS, ["MIT", "cc-by-nc-sa-4.0"]) is None


def test_free_and_own_models_need_no_acceptance():
    assert licence_problem(replace(JARVIS, licence="Apache-2.0"), []) is None
    assert licence_problem(replace(JARVIS, licence="unknown"), []) is None


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC-BY-NC-SA-4.0", True),
        ("Apache-2.0 AND (MIT AND CC-BY-NC-4.0)", True),
        ("NCSA", False),
        ("BSD-3-Clause", False),
    ],
)
def test_non_commercial_is_read_from_the_spdx_name(licence, expected):
    assert non_commercial(licence) is expected
