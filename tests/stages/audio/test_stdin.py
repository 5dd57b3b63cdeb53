"""Raw samples from a pipe come out whole, however the pipe cuts them."""

import io
import logging
import os
import sys
import threading

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edged.errors import AudioInputError
from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.audio.intake import Intake
from edged.stages.audio.open import open_source
from edged.stages.audio.pipe import Pipe as RealPipe
from edged.stages.audio.stdin import Stdin


class Pipe(io.BufferedIOBase):
    """A stream that gives what the writer wrote, piece by piece."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = [piece for piece in pieces if piece]

    def read1(self, size: int = -1) -> bytes:
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if 0 <= size < len(piece):
            self.pieces.insert(0, piece[size:])
        return piece[:size]


def play(source: Stdin) -> np.ndarray:
    return np.concatenate([frame.pcm for frame in iter(source.read, None)])


@example(bytes(range(9)), [1, 3, 2])
@given(st.binary(min_size=2, max_size=4000), st.lists(st.integers(1, 99), max_size=30))
def test_samples_survive_any_cutting_even_in_the_middle_of_one(data, sizes):
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    source = Stdin(Pipe([*pieces, data[at:]]), SAMPLE_RATE)
    assert play(source).tobytes() == data[: len(data) // 2 * 2]


def test_another_rate_is_resampled():
    sound = (8000 * np.sin(2 * np.pi * 1000 * np.arange(96_000) / 48_000)).astype("<i2")
    pcm = play(Stdin(io.BytesIO(sound.tobytes()), 48_000))
    assert len(pcm) == 32_000
    crossings = np.count_nonzero(np.diff(np.signbit(pcm[1000:17_000])))
    assert crossings == pytest.approx(2000, abs=2)  # 1 kHz: two a period


def test_gain_is_applied():
    assert play(Stdin(Pipe([b"\x64\x00"]), SAMPLE_RATE, Intake(gain_db=20.0))).tolist() == [1000]


def test_a_frame_does_not_wait_for_more_than_its_own_samples():
    pipe = Pipe([b"\0\0" * HOP, b"\0\0" * HOP])
    Stdin(pipe, SAMPLE_RATE).read()
    assert len(pipe.pieces) == 1


def test_memory_does_not_grow_with_what_a_pipe_holds():
    pipe = Pipe([bytes(10**6)])
    Stdin(pipe, 48_000).read()
    assert sum(map(len, pipe.pieces)) > 10**6 - 4 * 3 * 2 * HOP


def test_half_a_sample_at_the_end_is_left_out_with_a_warning(caplog):
    with caplog.at_level(logging.WARNING):
        assert play(Stdin(Pipe([b"\x01\x00\x02"]), SAMPLE_RATE)).tolist() == [1]
    assert "middle of a sample" in caplog.text


@pytest.mark.parametrize("data", [b"", b"\x01"])
def test_a_pipe_that_ends_before_the_first_sample_is_an_error(data):
    with pytest.raises(AudioInputError, match=r"^stdin: ended before the first sample$"):
        Stdin(Pipe([data]), SAMPLE_RATE).read()


def test_a_closed_stream_is_an_error_in_one_sentence():
    stream = io.BytesIO(b"1234")
    stream.close()
    with pytest.raises(AudioInputError, match=r"^stdin: cannot be read: "):
        Stdin(stream, SAMPLE_RATE).read()


def test_another_channel_than_the_only_one_is_refused():
    Stdin(Pipe([]), SAMPLE_RATE, Intake(channel=0))
    with pytest.raises(AudioInputError, match="stdin: channel 1 asked for"):
        Stdin(Pipe([]), SAMPLE_RATE, Intake(channel=1))


def test_after_close_nothing_is_read():
    pipe = Pipe([b"\0\0"])
    source = Stdin(pipe, SAMPLE_RATE)
    source.close()
    assert source.read() is None
    assert pipe.pieces


def test_a_read_that_waits_for_a_silent_pipe_can_be_ended():
    silent, writer = os.pipe()
    stream = RealPipe(silent)
    source = Stdin(stream, SAMPLE_RATE)
    answers = []
    reader = threading.Thread(target=lambda: answers.append(source.read()))
    reader.start()
    source.interrupt()
    reader.join(10)
    assert answers == [None]
    source.close()
    source.close()
    os.close(writer)
    os.close(silent)


def test_a_real_pipe_is_read_to_its_end():
    reader, writer = os.pipe()
    os.write(writer, b"\x05\x00" * 100)
    os.close(writer)
    source = Stdin(RealPipe(reader), SAMPLE_RATE)
    assert play(source).tolist() == [5] * 100
    source.close()
    os.close(reader)


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_standard_input_is_opened_by_its_spec(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\x07\x00" * 3)))
    source = open_source("stdin:16000")
    assert (source.name, source.rate) == ("stdin", 16_000)
    assert play(source).tolist() == [7, 7, 7]


@pytest.mark.parametrize("stdin", [None, Terminal(io.BytesIO())])
def test_standard_input_that_is_no_pipe_is_refused(monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(AudioInputError, match="connect a pipe of raw samples"):
        open_source("stdin:16000")
