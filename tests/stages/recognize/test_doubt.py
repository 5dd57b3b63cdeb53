import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.recognize.doubt import LOOP, TIMES, doubt, loop

LOUD = -20.0


@pytest.mark.parametrize(
    ("text", "audio_s"),
    [
        ("turn on the kitchen light", 1.5),
        ("no no no", 1.0),
        ("set a timer for ten minutes and ten seconds", 2.5),
        ("打开厨房的灯", 1.0),
        ("今天天气怎么样我想知道明天会不会下雨", 3.0),
        ("stop", 0.3),
        ("", 0.0),
        (
            "it was the best of times it was the worst of times it was the age of wisdom it was the age of"
            " foolishness it was the epoch of belief it was the epoch of incredulity",
            12.0,
        ),
    ],
)
def test_what_people_say_is_not_doubted(text, audio_s):
    assert doubt(text, audio_s, LOUD) == ""


@pytest.mark.parametrize(
    ("text", "audio_s", "loudest", "why"),
    [
        ("thank you for watching", 3.0, -80.0, "louder than -80 dBFS"),
        ("thank you very much for watching my video", 0.4, LOUD, "8 words in 0.4 s"),
        ("字幕由志愿者提供感谢观看", 0.5, LOUD, "12 words in 0.5 s"),
        ("so so so so so so", 9.0, LOUD, "repeats 'so'"),
        ("and then the cat and then the cat and then the cat", 9.0, LOUD, "it repeats"),
        ("哈哈哈哈哈哈", 9.0, LOUD, "repeats '哈'"),
        ("".join(f"ha{n % 3}ha{n % 2}haha" for n in range(60)), 9.0, LOUD, "compresses"),
    ],
)
def test_what_nobody_said_is_and_why(text, audio_s, loudest, why):
    assert why in doubt(text, audio_s, loudest)


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4), st.integers(3, 8))
def test_whatever_is_said_often_enough_is_a_loop(units, times):
    units = units * times
    assert bool(loop(units)) or len(units) < LOOP


@given(st.lists(st.integers(), unique=True, max_size=40), st.integers(0, 40))
def test_words_that_differ_are_none(numbers, at):
    units = [str(number) for number in numbers]
    assert not loop(units[: at % 41])


@given(st.lists(st.sampled_from("ab"), max_size=24))
def test_a_loop_that_is_found_is_there(units):
    found = list(loop(units))
    if not found:
        return
    times = max(TIMES, -(-LOOP // len(found)))
    whole = found * times
    assert any(units[at : at + len(whole)] == whole for at in range(len(units)))


@given(st.text(max_size=200), st.floats(0, 30), st.floats(-120, 0))
def test_any_text_is_judged(text, audio_s, loudest):
    assert isinstance(doubt(text, audio_s, loudest), str)
