"""Samples of two, three and four bytes mean the same loudness."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.stages.audio.samples import to_float

int16 = st.lists(st.integers(-32_768, 32_767), max_size=50).map(lambda values: np.array(values, "<i2"))


@given(int16)
def test_int16_survives_exactly(samples):
    back = to_float(samples.tobytes(), 2, 1)[:, 0] * 32_768
    assert back.tolist() == samples.tolist()


@given(int16)
def test_wider_samples_of_the_same_sound_are_the_same(samples):
    wide = samples.astype("<i4") << 16
    narrow = wide.tobytes()
    packed = b"".join(narrow[at + 1 : at + 4] for at in range(0, len(narrow), 4))
    expected = to_float(samples.tobytes(), 2, 1)
    assert np.array_equal(to_float(wide.tobytes(), 4, 1), expected)
    assert np.array_equal(to_float(packed, 3, 1), expected)


def test_channels_are_columns():
    assert (to_float(np.array([1, 2, 3, 4], "<i2").tobytes(), 2, 2) * 32_768).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("data", "width", "channels"), [(b"12", 1, 1), (b"123", 2, 1), (b"1234", 3, 1), (b"12", 2, 2)]
)
def test_anything_else_is_refused(data, width, channels):
    with pytest.raises(ValueError, match=r"."):
        to_float(data, width, channels)
