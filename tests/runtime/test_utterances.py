"""Which utterance is open and which wait, held against lists."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry import SAMPLE_RATE
from edged.runtime.utterances import Ended, Open, Utterances
from edged.stages.recognize.recognizer import Options

ACTS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "lose", "end", "drop", "read", "answer"]), st.sampled_from([0, 0, 1, 2])
    ),
    min_size=10,
    max_size=40,
)


@settings(max_examples=300)
@given(ACTS)
def test_each_is_open_waits_or_is_over_and_one_that_was_lost_never_waits(acts):
    book, newest, spoken, lost, text, waiting = Utterances(), 0, None, False, None, []
    for act, back in acts:
        number = newest - back
        match act:
            case "begin":
                newest += 1
                book.begin(Open(newest, newest * SAMPLE_RATE, Options()))
                spoken, lost, text = newest, False, None
            case "end":
                assert book.end(newest, Ended(newest, 0.0, None)) is not lost
                if not lost and newest not in waiting:
                    waiting.append(newest)
                spoken, lost, text = None, False, None
            case "drop":
                assert book.drop() is not lost
                spoken, lost, text = None, False, None
            case "read":
                book.read(number, 0.5, f"text {number}")
                if number == spoken:
                    text = (number * SAMPLE_RATE + SAMPLE_RATE // 2, f"text {number}")
            case "lose":
                book.lose(number)
                lost = lost or number == spoken
            case "answer":
                book.answer(number)
                waiting = [each for each in waiting if each != number]
        assert (book.open.number if book.open else None) == spoken
        assert book.text == text
        assert list(book.waiting) == waiting
        assert all(book.ended(each) == Ended(each, 0.0, None) for each in waiting)
        assert all(book.ended(each) is None for each in range(newest + 1) if each not in waiting)
