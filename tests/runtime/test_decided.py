"""What is told of a decision over a word."""

from edged.config.schema import Heads, Word
from edged.messages import Ran
from edged.runtime.decided import activation, suppressed
from edged.stages.heads.activation import Heard, Held
from edged.stages.heads.rule import rule_of

RULE = rule_of(Word(name="computer"), Heads(), 160)
RAN = Ran("cpu", "rknn")


def test_a_word_that_was_heard_is_told_with_its_rule_and_what_answered():
    heard = Heard(0.123456, (0.98765, 0.5), 4800)
    told = activation(RULE, heard, RAN, 1.5, "clip")
    assert (told.word, told.threshold, told.end_sample) == ("computer", RULE.threshold, 4800)
    assert (told.score, told.scores) == (0.1235, (0.9877, 0.5))
    assert (told.backend, told.latency_ms, told.clip) == (RAN, 1.5, "clip")


def test_a_word_that_was_held_back_is_told_with_the_rule_that_did_it():
    told = suppressed(RULE, Held(0.98765, "refractory"))
    assert (told.word, told.score, told.reason, told.clip) == ("computer", 0.9877, "refractory", None)
