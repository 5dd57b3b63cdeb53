"""A word's own keys win over the common ones, and rules that deafen are refused."""

import pytest

from edged.config.schema import Heads, Word
from edged.errors import ConfigError
from edged.stages.heads.rule import rule_of


def test_a_key_left_out_takes_the_common_value():
    rule = rule_of(Word(name="alexa"), Heads(), lag_ms=160)
    assert (rule.word, rule.threshold, rule.rearm_below) == ("alexa", 0.5, 0.35)
    assert (rule.patience, rule.patience_window, rule.vad_threshold) == (1, 1, 0.0)
    assert (rule.refractory, rule.lag) == (32_000, 2_560)


def test_a_key_of_the_word_wins_even_where_it_is_zero():
    heads = Heads(refractory_s=3, vad_threshold=0.5, patience=2, patience_window=4)
    word = Word(name="alexa", refractory_s=0, vad_threshold=0, lag_ms=0, threshold=0.8)
    rule = rule_of(word, heads, lag_ms=160)
    assert (rule.refractory, rule.vad_threshold, rule.lag, rule.threshold) == (0, 0.0, 0, 0.8)
    assert (rule.patience, rule.patience_window) == (2, 4)


def test_a_negative_lag_is_kept():
    assert rule_of(Word(name="alexa", lag_ms=-100), Heads(), lag_ms=160).lag == -1_600


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"patience": 3}, "patience 3 can never be met among the last 1 hops"),
        ({"threshold": 0}, "threshold 0 hears the word in every sound"),
        ({"rearm_below": 0}, "heard once and never again"),
    ],
)
def test_a_rule_that_could_never_work_is_refused_with_the_word_and_the_way_out(keys, sentence):
    with pytest.raises(ConfigError, match=rf"wake word 'alexa': .*{sentence}"):
        rule_of(Word(name="alexa", **keys), Heads(), lag_ms=160)


def test_all_problems_come_at_once():
    with pytest.raises(ConfigError) as caught:
        rule_of(Word(name="alexa", patience=2, threshold=0, rearm_below=0), Heads(), lag_ms=160)
    assert len(caught.value.problems) == 3
