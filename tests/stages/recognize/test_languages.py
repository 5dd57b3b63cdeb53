import pytest

from edged.errors import ModelError
from edged.stages.recognize.languages import choose


@pytest.mark.parametrize(
    ("asked", "spoken", "meant"),
    [
        ("en", ("zh", "en"), "en"),
        ("EN", ("zh", "en"), "en"),
        ("en-US", ("zh", "en"), "en"),
        ("zh_CN", ("zh", "en"), "zh"),
        ("pt", ("pt-BR",), "pt-BR"),
        ("pt-BR", ("pt", "pt-BR"), "pt-BR"),
        ("", ("zh",), ""),
        ("auto", ("zh",), ""),
        ("", (), ""),
    ],
)
def test_a_language_is_found_however_it_is_written(asked, spoken, meant):
    assert choose(asked, spoken, "m") == meant


@pytest.mark.parametrize(
    ("asked", "spoken", "said"),
    [
        ("fr", ("zh", "en"), "m speaks zh, en, not fr"),
        ("e", ("en",), "m speaks en, not e"),
        ("en", (), "m speaks no language that its model.toml names, not en"),
    ],
)
def test_a_language_that_is_not_spoken_is_refused_by_a_sentence(asked, spoken, said):
    with pytest.raises(ModelError, match=said):
        choose(asked, spoken, "m")
