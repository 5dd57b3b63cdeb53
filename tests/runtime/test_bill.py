"""What a text cost, as its event tells it."""

import pytest

from edged.messages import Transcript
from edged.runtime.bill import bill
from edged.runtime.meter import Cost
from edged.stages.recognize.recognizer import Capabilities, Final

RAN = Capabilities("zipformer", "transducer", "streaming", words=True, provider="cpu")


def final(audio_s: float, cpu_s: float) -> Final:
    return Final(1, Transcript("on"), cpu_s, audio_s)


def test_it_names_who_answered_and_what_that_took():
    told = bill(final(2.0, 0.5), RAN, 12.34567, {"heads": 1.5}, Cost(0.12345678, "model"), 250_000_000)
    assert (told.audio_duration, told.processing_time, told.rtf) == (2.0, 0.5, 0.25)
    assert (told.backend, told.device, told.model) == ("cpu", "cpu", "zipformer")
    assert (told.latency_ms, told.stages_ms) == (12.346, {"heads": 1.5})
    assert (told.energy_j, told.energy_source, told.gpu_memory_gb) == (0.123457, "model", 0.25)


def test_what_is_not_known_is_not_made_up():
    told = bill(final(2.0, 0.5), None, None, {})
    assert (told.backend, told.device, told.model) == ("none", "none", None)
    assert (told.latency_ms, told.energy_j, told.energy_source, told.gpu_memory_gb) == (None,) * 4


@pytest.mark.parametrize(("audio_s", "cpu_s"), [(0.0, 0.3), (0.00004, 0.3)])
def test_no_sound_has_no_pace(audio_s, cpu_s):
    assert bill(final(audio_s, cpu_s), RAN, None, {}).rtf == 0.0


@pytest.mark.parametrize(("audio_s", "cpu_s"), [(1 / 3, 0.1), (12.00004, 0.7654321)])
def test_the_pace_is_that_of_the_numbers_beside_it(audio_s, cpu_s):
    told = bill(final(audio_s, cpu_s), RAN, None, {})
    assert told.rtf == told.processing_time / told.audio_duration
