import pytest

from edged.stages.recognize.speaking import lacking, mismatch


@pytest.mark.parametrize(
    ("wanted", "spoken", "missing"),
    [
        (["en"], ["en"], ()),
        (["en-GB"], ["EN_us", "de"], ()),
        (["en", "zh"], ["en"], ("zh",)),
        (["en"], [], ("en",)),
    ],
)
def test_what_is_lacking_is_told_whatever_the_country(wanted, spoken, missing):
    assert lacking(wanted, spoken) == missing


def test_a_stand_in_speaks_all_that_the_usual_one_does():
    assert mismatch("smaller", "big", ["en"], "small", ["en", "de"]) is None
    assert (
        mismatch("smaller", "big", ["en", "zh"], "small", ["en"])
        == "[recognize] smaller = 'small': speaks en, and big also zh"
    )
    assert "big does not say" in mismatch("remote", "big", [], "x", [])
