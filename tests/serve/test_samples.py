"""Bytes of any rate, width and number of channels become the same samples, however they were cut."""

import itertools

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from edged.errors import AudioInputError
from edged.serve.samples import Samples


@given(st.binary(max_size=4_000), st.lists(st.integers(0, 999), max_size=20))
def test_int16_at_16_khz_passes_bit_for_bit_whatever_the_pieces(data, cuts):
    samples = Samples(16_000)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [samples.push(data[a:b]) for a, b in itertools.pairwise(places)]
    whole = np.frombuffer(data[: len(data) // 2 * 2], "<i2")
    assert np.array_equal(np.concatenate([np.zeros(0, np.int16), *pieces, samples.finish()]), whole)


@pytest.mark.parametrize(("rate", "width", "channels"), [(8_000, 2, 1), (48_000, 4, 2), (44_100, 3, 6)])
def test_other_sound_is_converted_to_its_length(rate, width, channels):
    samples = Samples(rate, width, channels)
    data = bytes(rate * width * channels)
    pcm = np.concatenate([samples.push(data), samples.finish()])
    assert abs(len(pcm) - 16_000) <= 1


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ((0, 2, 1), "0 samples per second"),
        ((16_000, 1, 1), "samples of 1 bytes"),
        ((16_000, 2, 0), "0 channels"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(form, sentence):
    with pytest.raises(AudioInputError, match=sentence):
        Samples(*form)
