import pytest

from edged.stages.recognize.liveness import blamed, hung, start_again


@pytest.mark.parametrize(
    ("quiet_s", "busy_s", "audio_s", "reason"),
    [
        (0, 0, 0, None),
        (9.9, 0, 5, None),
        (10.1, 0, 5, "no sign of life for 10 s"),
        (1, 12, 5, None),
        (1, 21, 5, "21 s on one piece of 5.0 s"),
        (1, 59, 25, None),
    ],
)
def test_hung_is_silence_or_one_piece_of_work_without_end(quiet_s, busy_s, audio_s, reason):
    why = hung(quiet_s, busy_s, audio_s, limit_s=10)
    assert why is None if reason is None else reason in why


@pytest.mark.parametrize(
    ("works_on", "waiting", "guilty"),
    [
        (2, [1, 2, 3], 2),
        (0, [1, 2], 0),
        (0, [1], 1),
        (0, [], 0),
        (5, [1], 0),  # cancelled meanwhile: nobody else pays for it
    ],
)
def test_a_death_is_charged_to_what_was_worked_on_and_to_nobody_innocent(works_on, waiting, guilty):
    assert blamed(works_on, waiting) == guilty


def test_a_process_that_dies_young_and_idle_waits_for_the_next_utterance():
    assert start_again(waiting=1, lived_s=0.1)
    assert start_again(waiting=0, lived_s=11.0)
    assert not start_again(waiting=0, lived_s=9.0)
