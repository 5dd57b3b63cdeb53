"""Sound goes out while the server wants it, of the newest command, and until the server has its answer."""

from hypothesis import given
from hypothesis import strategies as st

from edged.serve.wyoming.satellite.turns import LAST, Turns

STEPS = st.lists(
    st.one_of(
        st.sampled_from(["run", "pause", "wake", "over", "transcribe", *LAST]),
        st.just("wake"),
    ),
    max_size=40,
)


def running() -> Turns:
    turns = Turns()
    turns.run()
    return turns


def test_a_wake_word_that_nobody_waits_for_sends_nothing():
    turns = Turns()
    assert not turns.wake(1)
    turns.run()
    assert turns.sending is None
    assert turns.wake(2)
    turns.pause()
    assert turns.sending is None
    assert not turns.wake(3)


def test_a_later_command_takes_the_place_of_one_that_is_sent():
    turns = running()
    assert turns.wake(1)
    assert turns.wake(2)
    turns.over(1)
    assert turns.sending == 2
    turns.over(2)
    assert turns.sending is None


def test_the_answer_to_the_command_before_ends_nothing_where_the_server_says_when_it_begins():
    turns = running()
    turns.wake(1)
    turns.answer("transcribe")
    turns.over(1)
    turns.wake(2)
    turns.answer("transcript")
    assert turns.sending == 2
    turns.answer("transcribe")
    turns.answer("transcript")
    assert turns.sending is None


def test_an_error_before_anything_was_recognized_ends_the_command():
    turns = running()
    turns.wake(1)
    turns.answer("transcribe")
    turns.over(1)
    turns.wake(2)
    turns.answer("error")
    assert turns.sending is None


@given(STEPS)
def test_whatever_comes_sound_is_that_of_the_newest_command_and_only_while_it_is_wanted(steps):
    turns = Turns()
    running, newest, open_ = False, 0, False
    """The model: whether the server waits, the newest command, whether it may still be sent."""
    tells = begun = False
    for step in steps:
        match step:
            case "run" | "pause":
                turns.run() if step == "run" else turns.pause()
                running, open_ = step == "run", False
            case "wake":
                newest += 1
                assert turns.wake(newest) == running
                open_, begun = running, begun and not running
            case "over":
                turns.over(newest)
                open_ = False
            case "transcribe":
                turns.answer("transcribe")
                tells = begun = True
            case _:
                turns.answer(step)
                open_ = open_ and step != "error" and tells and not begun
        assert turns.sending == (newest if open_ else None)
        assert running or turns.sending is None
