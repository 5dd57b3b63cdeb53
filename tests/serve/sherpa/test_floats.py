"""Float samples are taken as they are, and what people send by mistake is told apart."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from edged.serve.sherpa.floats import NotFloats, to_int16


@given(st.lists(st.integers(-32767, 32767), max_size=200))
def test_samples_come_back_as_they_were(samples):
    data = (np.array(samples, np.float32) / 32767).astype("<f4").tobytes()
    assert to_int16(data).tolist() == samples


@given(st.binary(max_size=400))
def test_whatever_comes_is_sound_or_refused_in_words(data):
    try:
        pcm = to_int16(data, first=True)
    except NotFloats as exc:
        assert str(exc)
    else:
        assert len(pcm) == len(data) // 4


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"RIFF" + bytes(40), "that is a file"),
        (bytes(7), "7 bytes are no float32 samples"),
        (np.array([np.nan], "<f4").tobytes(), "far beyond full scale"),
        (np.array([3e4], "<f4").tobytes(), "far beyond full scale"),
    ],
)
def test_mistakes_are_told(data, sentence):
    with pytest.raises(NotFloats, match=sentence):
        to_int16(data, first=True)
