"""The cost of a command: the keys that clients of other systems know, and sums that add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.messages import Event, Final, Transcript, to_json
from edged.runtime.commands import Commands
from edged.runtime.timing import StageTimes
from edged.stages.recognize import recognizer as recognizing

KEYS = {
    "audio_duration": float,
    "processing_time": float,
    "rtf": float,
    "backend": str,
    "device": str,
    "gpu_memory_gb": type(None),
}
"""As FunASR-style clients read them; gpu_memory_gb is null unless a GPU stage ran."""


def metrics(cpu_s: float, audio_s: float) -> dict:
    """The metrics on the wire of a command that cost so much."""
    said = []
    commands = Commands("wav", lambda *event: said.append(Event(*event[:3], "", event[3])), StageTimes())
    commands.replied(recognizing.Final(1, Transcript("on"), cpu_s=cpu_s, audio_s=audio_s))
    (event,) = [event for event in said if isinstance(event.body, Final)]
    return to_json(event)["metrics"]


def test_every_key_is_there_with_its_type():
    found = metrics(0.0371234567, 1.23456789)
    assert {key: type(found[key]) for key in KEYS} == KEYS


@given(st.floats(0, 60), st.floats(0.01, 30))
def test_a_reader_who_divides_gets_the_rtf_that_is_told(cpu_s, audio_s):
    found = metrics(cpu_s, audio_s)
    assert found["rtf"] == pytest.approx(found["processing_time"] / found["audio_duration"], rel=0, abs=1e-9)
    assert found["processing_time"] == pytest.approx(cpu_s, abs=1e-6)
    assert found["audio_duration"] == pytest.approx(audio_s, abs=1e-4)


def test_no_sound_costs_nothing_per_second():
    assert metrics(0.01, 0.0)["rtf"] == 0.0
