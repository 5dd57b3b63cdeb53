"""Of a command no sample is lost and none doubled, and its end does not depend on how sound arrives."""

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.cpu.vad import CpuVad
from edged.backends.fake import FakeVad
from edged.config.schema import Listen
from edged.geometry import HOP, SAMPLE_RATE, VAD_WINDOW
from edged.stages.audio.ring import Ring
from edged.stages.listen.endpoint import Endpointer
from edged.stages.listen.speech import SpeechMeter
from edged.stages.listen.utterance import Command
from tests.assets import asset


def sound(plan: list[tuple[float, float]], seed: int = 0) -> np.ndarray:
    """Noise: (seconds, rms)."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(size=int(s * SAMPLE_RATE)) * rms for s, rms in plan]).astype(np.int16)


def opened(ring: Ring, word_end: int, pre_roll: int = 0, listen: Listen | None = None) -> Command:
    return Command(
        ring, word_end, pre_roll, SpeechMeter(FakeVad().stream()), Endpointer.of(listen or Listen())
    )


def fed(command: Command, ring: Ring, pcm: np.ndarray, sizes: list[int]) -> np.ndarray:
    """Push the sound in pieces, one size after the other and around again; return what was handed on."""
    handed = [command.advance()]
    piece = 0
    while len(pcm) and command.reason is None:
        size = sizes[piece % len(sizes)]
        ring.push(pcm[:size])
        pcm, piece = pcm[size:], piece + 1
        handed.append(command.advance())
    return np.concatenate(handed)


TALK = sound([(2.0, 10), (0.3, 10), (1.2, 3_000), (0.3, 10), (0.6, 3_000), (3.0, 10)])
HEARD = 32_000
"""Samples in the ring when the activation is decided."""


@given(
    st.integers(0, 40_000),
    st.integers(0, 8_000),
    st.lists(st.integers(50, 9_000), min_size=1, max_size=8),
    st.integers(20_000, 60_000),
)
def test_every_sample_is_handed_on_once_and_in_order(word_end, pre_roll, sizes, capacity):
    ring = Ring(capacity)
    ring.push(TALK[:HEARD])
    oldest = ring.start
    command = opened(ring, word_end, pre_roll)
    assert command.start == max(oldest, word_end - pre_roll)
    handed = fed(command, ring, TALK[HEARD:], sizes)
    assert handed.tolist() == TALK[command.start : command.position].tolist()
    assert command.reason == "silence"


@given(st.lists(st.integers(50, 20_000), min_size=1, max_size=8))
def test_the_end_does_not_depend_on_the_pieces_in_which_sound_arrives(sizes):
    ends = []
    for pieces in ([HOP], sizes):
        ring = Ring(30 * SAMPLE_RATE)
        ring.push(TALK[:HEARD])
        command = opened(ring, 30_000)
        fed(command, ring, TALK[HEARD:], pieces)
        ends.append((command.reason, command.position))
    assert ends[0] == ends[1]
    assert ends[0][1] == pytest.approx(4.4 * SAMPLE_RATE + 0.7 * SAMPLE_RATE, abs=2 * VAD_WINDOW)


def test_pre_roll_is_handed_on_and_not_listened_to():
    """The wake word lies in the pre-roll: it must not count as speech."""
    pcm = sound([(1.0, 10), (1.0, 3_000), (6.0, 10)])
    ring = Ring(30 * SAMPLE_RATE)
    ring.push(pcm[:34_000])
    command = opened(ring, 2 * SAMPLE_RATE, pre_roll=SAMPLE_RATE)
    handed = fed(command, ring, pcm[34_000:], [HOP])
    assert command.reason == "no_speech"
    assert handed.tolist() == pcm[SAMPLE_RATE : command.position].tolist()
    assert command.position == pytest.approx(6 * SAMPLE_RATE, abs=VAD_WINDOW)


def test_a_word_that_ends_ahead_of_the_sound_is_waited_for():
    ring = Ring(30 * SAMPLE_RATE)
    ring.push(TALK[:HEARD])
    command = opened(ring, HEARD + 3 * HOP)
    ring.push(TALK[HEARD : HEARD + 2 * HOP])
    assert len(command.advance()) == 0
    ring.push(TALK[HEARD + 2 * HOP : HEARD + 5 * HOP])
    assert command.advance().tolist() == TALK[HEARD + 3 * HOP : HEARD + 5 * HOP].tolist()


def test_a_gap_ends_the_command_with_what_was_heard_before_it():
    ring = Ring(30 * SAMPLE_RATE)
    ring.push(TALK[:HEARD])
    command = opened(ring, 30_000)
    handed = [command.advance()]
    ring.push(TALK[HEARD : HEARD + 700])
    handed.append(command.stop("gap"))
    ring.reset(ring.end + 5_000)
    ring.push(TALK[:HOP])
    handed.append(command.advance())
    assert command.reason == "gap"
    assert np.concatenate(handed).tolist() == TALK[30_000 : HEARD + 700].tolist()
    assert command.position == HEARD + 700


@pytest.mark.parametrize("reason", ["end_of_stream", "shutdown", "device_lost", "recognizer_behind"])
def test_a_command_is_stopped_from_outside_once(reason):
    ring = Ring(30 * SAMPLE_RATE)
    ring.push(TALK[:HEARD])
    command = opened(ring, 30_000)
    assert len(command.stop(reason)) == HEARD - 30_000
    assert len(command.stop("gap")) == 0
    assert command.reason == reason


def test_a_command_that_is_over_hands_on_nothing_more():
    ring = Ring(30 * SAMPLE_RATE)
    ring.push(TALK)
    command = opened(ring, 30_000)
    command.advance()
    assert (command.reason, len(command.advance()), len(command.stop("shutdown"))) == ("silence", 0, 0)
    assert command.reason == "silence"


def test_sound_that_left_the_ring_before_it_was_handed_on_is_not_passed_over():
    ring = Ring(HOP * 4)
    ring.push(TALK[:HEARD])
    command = opened(ring, HEARD - HOP)
    ring.push(TALK[HEARD : HEARD + 6 * HOP])
    with pytest.raises(IndexError, match="held"):
        command.advance()


def test_the_longest_command_is_cut_at_its_length():
    pcm = sound([(30.0, 3_000)])
    ring = Ring(30 * SAMPLE_RATE)
    ring.push(pcm[:HEARD])
    command = opened(ring, 16_000, listen=Listen(max_length_s=5))
    handed = fed(command, ring, pcm[HEARD:], [HOP])
    assert command.reason == "max_length"
    assert 5 * SAMPLE_RATE <= len(handed) < 5 * SAMPLE_RATE + VAD_WINDOW


def test_a_person_speaking_is_followed_to_the_end_by_the_real_vad():
    """`okay nabu` stands for a command: speech from 0.6 s to 1.6 s of the recording, then a quiet room."""
    pcm, rate = soundfile.read(asset("wake/positive/wyoming/okay_nabu.wav"), dtype="int16")
    assert rate == SAMPLE_RATE
    ring = Ring(30 * SAMPLE_RATE)
    meter = SpeechMeter(CpuVad(asset("vad/silero_vad.onnx")).stream())
    command = Command(ring, 0, 0, meter, Endpointer.of(Listen()))
    fed(command, ring, np.concatenate([pcm, sound([(3.0, 10)])]), [HOP])
    assert command.reason == "silence"
    assert command.position / SAMPLE_RATE == pytest.approx(1.63 + 0.7, abs=0.15)
