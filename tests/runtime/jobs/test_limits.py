"""When a process must go, and when a client may come back."""

from dataclasses import replace

import pytest

from edged.runtime.jobs import limits
from edged.runtime.jobs.limits import Run, overdue, patience_ms, retry_after, worn

WELL = Run(took_s=30.0, quiet_s=1.0, audio_s=100.0, expected_s=600.0, answered=True)


def test_a_process_that_works_and_speaks_is_left_alone():
    assert overdue(WELL) is None


def test_one_that_says_nothing_is_ended_later_while_it_loads():
    quiet = limits.SILENT_S + 1
    assert "no sign of life" in (overdue(replace(WELL, quiet_s=quiet)) or "")
    assert overdue(replace(WELL, quiet_s=quiet, answered=False)) is None
    assert overdue(replace(WELL, quiet_s=limits.START_S + 1, answered=False))


def test_time_is_earned_by_sound_that_was_read_and_not_by_what_a_header_claims():
    long = limits.START_S + 50 * limits.SLOWEST
    assert overdue(replace(WELL, took_s=long, audio_s=51.0)) is None
    assert "for 49 s of sound" in (overdue(replace(WELL, took_s=long, audio_s=49.0, expected_s=1e9)) or "")


@pytest.mark.parametrize(("bytes_held", "grown"), [(100_000_000, False), (100_000_001, True)])
def test_a_process_is_worn_above_its_megabytes(bytes_held, grown):
    assert worn(bytes_held, 100) is grown


def test_a_client_comes_back_when_the_first_running_job_is_done_by_its_measured_pace():
    fast, slow = replace(WELL, expected_s=400.0), replace(WELL, took_s=100.0, audio_s=10.0)
    assert retry_after([slow, fast], usual_s=5.0) == 30 * 300 / 100
    assert retry_after([slow], usual_s=5.0) == limits.LONGEST_WAIT_S


def test_where_a_recording_does_not_tell_its_length_what_jobs_took_so_far_counts():
    unknown = replace(WELL, expected_s=0.0)
    assert retry_after([unknown], usual_s=41.2) == 12
    assert retry_after([unknown], usual_s=5.0) == limits.SHORTEST_WAIT_S
    assert retry_after([], usual_s=7.5) == 8


def test_a_pool_without_work_sleeps_until_a_process_has_rested_long_enough():
    assert patience_ms(asked=False, working=False, rested_s=None) is None
    left = patience_ms(asked=False, working=False, rested_s=limits.IDLE_S - 5.0)
    assert left is not None
    assert 5000 < left < 5010  # it has rested longer than that when the pool looks
    assert patience_ms(asked=False, working=False, rested_s=limits.IDLE_S + 5.0) == 1


def test_a_pool_at_work_looks_often_and_more_often_while_one_is_to_let_go():
    working = patience_ms(asked=False, working=True, rested_s=limits.IDLE_S)
    asked = patience_ms(asked=True, working=True, rested_s=None)
    assert working == limits.LOOK_S * 1000
    assert asked is not None
    assert asked < limits.CANCEL_S * 1000 / 2
