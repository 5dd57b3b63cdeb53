"""A satellite is understood by the names that other servers taught it."""

import pytest

from edged.serve.wyoming.words import meant, phrase

OFFERED = {"hey_jarvis": "hey_jarvis", "nabu": "ok_nabu_v0.1", "computer": "alexa"}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("hey_jarvis", "hey_jarvis"),
        ("hey_jarvis_v0.1", "hey_jarvis"),
        ("Hey Jarvis", "hey_jarvis"),
        ("okay_nabu", "nabu"),
        ("ok_nabu", "nabu"),
        ("alexa_v0.1", "computer"),
        ("computer", "computer"),
    ],
)
def test_a_name_stands_for_its_word_and_is_what_is_answered(name, word):
    assert meant([name], OFFERED) == ({word: name}, [])


def test_what_is_not_known_is_told_apart():
    assert meant(["hey_mycroft", "hey_jarvis"], OFFERED) == ({"hey_jarvis": "hey_jarvis"}, ["hey_mycroft"])


def test_a_phrase_is_spoken_as_people_write_it():
    assert phrase("hey_jarvis_v0.1") == "Hey Jarvis"
