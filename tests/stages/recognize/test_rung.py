from edged.backends.select import RETRY_S
from edged.stages.recognize.rung import LOSSES, Rung


def rung(kind="usual"):
    return Rung("cpu", kind, lambda on_reply: None)


def test_one_that_loses_utterances_in_a_row_is_left_alone_for_longer_and_longer():
    one = rung()
    assert [one.missed(0.0) for _ in range(LOSSES)] == [False, False, True]
    assert not one.may(RETRY_S[0] - 1)
    assert one.may(RETRY_S[0])
    for _ in range(LOSSES):
        one.missed(100.0)
    assert not one.may(100.0 + RETRY_S[1] - 1)


def test_a_text_forgives_what_was_lost_before():
    one = rung()
    for _ in range(5):
        assert not one.missed(0.0)
        assert not one.missed(0.0)
        one.answered()
    assert one.may(0.0)


def test_an_accelerator_is_left_at_the_first_loss():
    assert rung("accelerated").missed(0.0)
