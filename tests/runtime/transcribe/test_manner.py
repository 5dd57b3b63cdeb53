"""What an interrupted run may take up again: only text that the same question gave."""

import dataclasses

import pytest

from edged.config.schema import Config, Recognize
from edged.runtime.models import ModelsInUse
from edged.runtime.transcribe.journal import Journal
from edged.runtime.transcribe.manner import manner
from edged.runtime.transcribe.passage import Passage, noted
from edged.runtime.writing import writing
from edged.stages.recognize.recognizer import Options
from tests.daemon import models
from tests.stages.recognize.tiny import punctuation, rules
from tests.stages.recognize.tiny.shelf import shelved

__all__ = ["models"]


@pytest.fixture
def key(models):
    found = ModelsInUse(models, None)

    def key(asked=None, **recognize):
        config = Config(recognize=Recognize(**recognize))
        texts = writing(config.recognize, found)
        return manner(config, found.get("selftest", "recognizer"), found, texts, asked or Options()).key

    return key


def test_the_same_question_has_the_same_key(key, tmp_path):
    (tmp_path / "hotwords").write_text("kitchen light 30\n")
    asked = {"hotwords_file": str(tmp_path / "hotwords"), "language": "en"}
    assert key(**asked) == key(**asked)
    assert key() == key()


def test_another_question_has_another_key(key, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("kitchen light 30\n")
    other.write_text("kitchen light 40\n")
    itn = shelved(rules.make(tmp_path / "itn"))
    other_itn = shelved(rules.make(tmp_path / "other-itn", {"ten": "X"}))
    marks = shelved(punctuation.make(tmp_path / "punctuation"))
    keys = [
        key(),
        key(language="en"),
        key(hotwords_file=str(one)),
        key(hotwords_file=str(other)),
        key(itn=str(itn)),
        key(Options(itn=False), itn=str(itn)),
        key(Options(itn=True), itn=str(itn)),
        key(itn=str(other_itn)),
        key(itn="own"),
        key(punctuation=str(marks)),
        key(punctuation="absent"),
        key(decoding="greedy_search"),
        key(min_confidence=0.5),
        key(filter=True),
        key(mode="offline"),
    ]
    assert len(set(keys)) == len(keys)


def test_rules_that_moved_are_the_same_rules(key, tmp_path):
    here, there = (shelved(rules.make(tmp_path / where)) for where in ("here", "there"))
    assert key(itn=str(here)) == key(itn=str(there))


def test_a_journal_keeps_confidence_and_notes(tmp_path):
    passages = [
        Passage(0, 10, "hello", confidence=0.5, notes=("hotwords are ignored: so it is",)),
        Passage(10, 20, "", notes=("text withheld: nobody spoke",)),
    ]
    journal = Journal(tmp_path / "journal", "key")
    for passage in passages:
        journal.add(passage)
    journal.close()
    again = Journal(tmp_path / "journal", "key")
    assert list(again.passages) == passages
    again.close()


def test_a_note_is_told_once_and_a_withheld_passage_by_its_place():
    told = Passage(0, 16_000, "hello", notes=("hotwords are ignored: so it is",))
    withheld = Passage(16_000, 32_000, "", notes=("text withheld: nobody spoke",))
    assert noted([told, dataclasses.replace(told, start=40_000), withheld]) == (
        "hotwords are ignored: so it is",
        "1.0 to 2.0 s: text withheld: nobody spoke",
    )
