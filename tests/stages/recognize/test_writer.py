"""From what was heard to what is given out: a step that fails leaves the text as the one before had it."""

import pytest

from edged.messages import Transcript, Word
from edged.stages.recognize.asking import Asked
from edged.stages.recognize.rules import read_rules
from edged.stages.recognize.writer import Heard, Writer
from tests.stages.recognize.tiny import rules as tiny

HEARD = Heard("at ten", (Word("at", 0.0, 0.4), Word("ten", 0.5, 0.9)), 0.5, 2.0, -20.0)
ALL = Asked(itn=True, punctuate=True, notes=("so it is",))


class Marks:
    """Puts a full stop at the end, or fails as onnxruntime does."""

    def __init__(self, failure: str | None = None):
        self.failure = failure

    def add(self, text):
        if self.failure is not None:
            raise RuntimeError(self.failure)
        return f"{text}."


@pytest.fixture
def rules(tmp_path):
    return read_rules(tiny.make(tmp_path).files["model"].path)


def test_numbers_come_before_punctuation_and_notes_stay(rules):
    found = Writer(rules, Marks()).write(HEARD, ALL)
    assert found == Transcript("at 10.", (Word("at", 0.0, 0.4), Word("10.", 0.5, 0.9)), 0.5, ("so it is",))


@pytest.mark.parametrize(
    ("failure", "said"), [("broken\nin two lines", "punctuation failed: broken"), ("", "failed: ")]
)
def test_punctuation_that_fails_costs_the_punctuation_alone(rules, failure, said):
    found = Writer(rules, Marks(failure)).write(HEARD, ALL)
    assert found.text == "at 10"
    assert found.notes[0] == "so it is"
    assert said in found.notes[1]
    assert "\n" not in found.notes[1]


def test_rules_that_do_not_fit_cost_the_numbers_alone(tmp_path):
    path = tmp_path / "only_x.fst"
    path.write_bytes(tiny.openfst([[(120, 121, 0.0, 0)]], [0.0]))
    found = Writer(read_rules(path), Marks()).write(HEARD, ALL)
    assert found.text == "at ten."
    assert found.notes[1] == "numbers stay as they were spoken: its rules do not fit this text"


def test_nothing_heard_is_nothing_written(rules):
    nothing = Heard("", (), None, 2.0, -90.0)
    assert Writer(rules, Marks("broken"), 0.9, True).write(nothing, ALL) == Transcript(
        "", (), None, ("so it is",)
    )


def test_what_is_withheld_is_neither_written_nor_punctuated(rules):
    found = Writer(rules, Marks("broken"), min_confidence=0.6).write(HEARD, ALL)
    assert found == Transcript(
        "", (), 0.5, ("so it is", "text withheld: confidence 0.50 is below min_confidence 0.6")
    )
