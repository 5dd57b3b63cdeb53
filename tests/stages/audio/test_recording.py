"""A recording of any usual kind becomes the same sound as int16 mono at 16 kHz."""

import numpy as np
import pytest
import soundfile

from edged.errors import AudioInputError
from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.audio.intake import Intake
from edged.stages.audio.open import open_source
from edged.stages.audio.recording import BLOCK, Recording, read_all
from tests.assets import asset


def tone(rate: int, hertz: float = 1000.0, seconds: float = 2.0, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32_768, 32_768, samples).astype(np.int16)


def snr_db(pcm: np.ndarray, hertz: float) -> float:
    """Power of a sine of this frequency over the power of everything else, without the ends."""
    middle = pcm[2000:-2000].astype(np.float64)
    phase = 2 * np.pi * hertz * np.arange(len(middle)) / SAMPLE_RATE
    basis = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    sine = basis @ np.linalg.lstsq(basis, middle, rcond=None)[0]
    return 10 * np.log10((sine**2).mean() / ((middle - sine) ** 2).mean())


@pytest.mark.parametrize("kind", ["wav", "flac"])
@pytest.mark.parametrize("samples", [1, HOP, BLOCK + 17, 5 * HOP + 1])
def test_16_khz_mono_int16_passes_bit_for_bit(tmp_path, kind, samples):
    pcm = noise(samples)
    soundfile.write(tmp_path / f"a.{kind}", pcm, SAMPLE_RATE)
    assert np.array_equal(read_all(tmp_path / f"a.{kind}"), pcm)


def test_frames_are_hops_and_the_last_is_never_padded(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(3 * HOP + 5), SAMPLE_RATE)
    source = open_source(f"wav:{tmp_path}/a.wav")
    frames = [source.read() for _ in range(5)]
    source.close()
    assert [(f.start, len(f.pcm)) for f in frames[:4]] == [(0, HOP), (HOP, HOP), (2 * HOP, HOP), (3 * HOP, 5)]
    assert frames[4] is None
    assert (source.name, source.rate) == ("wav", SAMPLE_RATE)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 32000, 44100, 48000, 96000])
def test_1_khz_stays_1_khz_at_any_rate(tmp_path, rate):
    soundfile.write(tmp_path / "a.wav", tone(rate), rate, subtype="PCM_24")
    pcm = read_all(tmp_path / "a.wav")
    assert len(pcm) == 2 * SAMPLE_RATE
    assert snr_db(pcm, 1000.0) > 60
    assert np.abs(pcm[2000:-2000]).max() == pytest.approx(0.5 * 32768, rel=0.01)


def test_what_16_khz_cannot_hold_is_removed_and_not_folded_down(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(44100, 10_000.0), 44100)
    assert np.abs(read_all(tmp_path / "a.wav")[2000:-2000]).max() <= 16  # -66 dB


@pytest.mark.parametrize("start", [0, 3000, 7777])
def test_time_is_kept_when_resampling(tmp_path, start):
    """A click stays where it was: the filter's delay is taken out."""
    click = np.zeros(48_000)
    click[start * 3 : start * 3 + 3] = 0.9
    soundfile.write(tmp_path / "a.wav", click, 48_000)
    assert abs(int(np.abs(read_all(tmp_path / "a.wav").astype(int)).argmax()) - start) <= 1


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_any_width_keeps_the_level(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", tone(SAMPLE_RATE), SAMPLE_RATE, subtype=subtype)
    pcm = read_all(tmp_path / "a.wav").astype(float)
    assert np.sqrt((pcm**2).mean()) == pytest.approx(0.5 * 32768 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize("kind", ["mp3", "ogg"])
def test_lossy_recordings_play_whole(tmp_path, kind):
    """Compared with one read of everything: soundfile's own seeking between reads silences this mp3."""
    soundfile.write(tmp_path / f"a.{kind}", tone(44100), 44100)
    pcm = read_all(tmp_path / f"a.{kind}")
    assert abs(len(pcm) - 2 * SAMPLE_RATE) < 2000
    assert snr_db(pcm[: 2 * SAMPLE_RATE - 2000], 1000.0) > 25
    whole, _ = soundfile.read(tmp_path / f"a.{kind}", dtype="float32")
    source = Recording(tmp_path / f"a.{kind}")
    assert sum(len(frame.pcm) for frame in iter(source.read, None)) == pytest.approx(
        len(whole) / 2.75625, abs=1
    )
    source.close()


def test_stereo_is_mixed_or_one_channel_is_picked(tmp_path):
    left, right = noise(4000, 1) // 2, noise(4000, 2) // 2
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), SAMPLE_RATE)
    mean = (left.astype(float) + right) / 2
    assert np.abs(read_all(tmp_path / "a.wav") - mean).max() <= 0.5
    assert np.array_equal(read_all(tmp_path / "a.wav", intake=Intake(channel=0)), left)
    assert np.array_equal(read_all(tmp_path / "a.wav", intake=Intake(channel=1)), right)


def test_gain_is_in_decibels_and_saturates(tmp_path):
    pcm = np.array([0, 100, -100, 20_000, -20_000, 32_767, -32_768], np.int16)
    soundfile.write(tmp_path / "a.wav", pcm, SAMPLE_RATE)
    louder = read_all(tmp_path / "a.wav", intake=Intake(gain_db=20.0))
    assert louder.tolist() == [0, 1000, -1000, 32_767, -32_768, 32_767, -32_768]
    assert read_all(tmp_path / "a.wav", intake=Intake(gain_db=-20.0)).tolist() == [
        0,
        10,
        -10,
        2000,
        -2000,
        3277,
        -3277,
    ]


@pytest.mark.parametrize("rate", [SAMPLE_RATE, 48_000])
def test_float_beyond_full_scale_saturates(tmp_path, rate):
    sound = np.zeros((3 * BLOCK, 4), np.float32)
    sound[BLOCK : 2 * BLOCK] = 3.4e38
    sound[2 * BLOCK :, :2] = -3.4e38
    soundfile.write(tmp_path / "a.wav", sound, rate, subtype="FLOAT")
    pcm = read_all(tmp_path / "a.wav", intake=Intake(gain_db=40.0))
    assert pcm.max() == 32_767
    assert pcm.min() == -32_768


def test_read_all_refuses_what_is_longer_than_asked(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(SAMPLE_RATE), SAMPLE_RATE)
    assert len(read_all(tmp_path / "a.wav", 1.0)) == SAMPLE_RATE
    with pytest.raises(AudioInputError, match=r"a\.wav: longer than 0\.5 s"):
        read_all(tmp_path / "a.wav", 0.5)


def test_a_long_recording_is_decoded_as_it_is_read(tmp_path):
    """Reading one frame decodes two blocks at most, not the file."""
    soundfile.write(tmp_path / "a.wav", noise(50 * BLOCK), SAMPLE_RATE)
    source = Recording(tmp_path / "a.wav")
    source.read()
    assert source._decoded <= 2 * BLOCK
    source.close()


def test_after_close_there_is_nothing_more_and_closing_twice_is_allowed(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(5 * HOP), SAMPLE_RATE)
    source = Recording(tmp_path / "a.wav")
    source.read()
    source.close()
    source.close()
    assert source.read() is None


def test_recorded_speech_passes_as_the_decoder_gives_it():
    file = next(iter(sorted(asset("wake/positive").rglob("*.wav"))))
    expected, rate = soundfile.read(file, dtype="int16")
    assert rate == SAMPLE_RATE
    assert np.array_equal(read_all(file), expected)
