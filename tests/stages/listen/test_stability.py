"""A text stands for as much sound as was heard since it changed, whatever time passes meanwhile."""

from hypothesis import given
from hypothesis import strategies as st

from edged.stages.listen.stability import Stability


def told(*heard: tuple[int, str], at: int = 0) -> Stability:
    stability = Stability()
    stability.start(at)
    for sample, text in heard:
        stability.update(sample, text)
    return stability


def test_no_text_does_not_stand():
    assert told((5_000, ""), (90_000, "")).stood == 0


def test_a_text_that_is_told_again_stands_for_the_sound_in_between():
    assert told((6_400, "turn"), (12_800, "turn"), (19_200, "turn")).stood == 12_800


def test_a_text_that_changed_begins_anew_also_where_it_goes_back():
    assert told((6_400, "turn"), (12_800, "turn on"), (19_200, "turn"), (20_000, "turn")).stood == 800


def test_a_recognizer_that_hears_nothing_more_makes_no_text_stand():
    stability = told((6_400, "turn"))
    assert stability.stood == 0
    stability.update(6_400, "turn")
    assert stability.stood == 0


def test_what_comes_late_out_of_order_is_passed_over():
    assert told((6_400, "turn"), (12_800, "turn on"), (6_400, "turn"), (14_000, "turn on")).stood == 1_200


def test_a_new_command_knows_nothing_of_the_last():
    stability = told((6_400, "turn"), (64_000, "turn"))
    stability.start(100_000)
    assert (stability.text, stability.stood) == ("", 0)
    stability.update(100_500, "off")
    stability.update(101_000, "off")
    assert stability.stood == 500


@given(st.lists(st.tuples(st.integers(0, 9_000), st.sampled_from(["", "a", "ab"])), min_size=1))
def test_it_stands_since_the_last_change(steps):
    at, heard = 0, []
    for step, text in steps:
        at += step
        heard.append((at, text))
    text, changed = "", 0
    for sample, said in heard:
        if said != text:
            text, changed = said, sample
    stability = told(*heard)
    assert stability.text == text
    assert stability.stood == (heard[-1][0] - changed if text else 0)
