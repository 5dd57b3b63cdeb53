"""The decoders run in this process: these models are good ones, what ends sherpa-onnx is refused before."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from edged.errors import AudioInputError
from edged.stages.recognize import loading
from edged.stages.recognize.decoders import open_decoder
from edged.stages.recognize.recognizer import Options
from edged.stages.recognize.samples import MAX_SAMPLES, dither, padding, to_float
from tests.stages.recognize import tiny_ctc

GOLDEN = Path(__file__).parent / "golden" / "nemo_frames.npz"


@pytest.fixture(scope="module")
def decoders(tmp_path_factory):
    model = tiny_ctc.make(tmp_path_factory.mktemp("tiny"))
    return {mode: open_decoder(loading.request(model, mode)) for mode in ("streaming", "offline")}


@pytest.fixture(params=["streaming", "offline"])
def decoder(request, decoders):
    return decoders[request.param]


def decode(decoder, pcm, size=1280, options=Options()):  # noqa: B008 - frozen
    session = decoder.open(options)
    partials = [session.accept(pcm[at : at + size]) for at in range(0, len(pcm), size)]
    return session.finish(), [text for text in partials if text is not None]


def test_both_modes_of_one_network_understand_the_same(decoders):
    pcm = tiny_ctc.sound(1, 3.0)
    streaming, partials = decode(decoders["streaming"], pcm)
    offline, none = decode(decoders["offline"], pcm)
    assert streaming == offline
    assert len(streaming.words) > 5
    assert partials
    assert not none


@pytest.mark.parametrize("size", [1, 7, 1280, 5000, 48_000])
def test_how_the_sound_is_cut_does_not_matter(decoder, size):
    pcm = tiny_ctc.sound(2, 0.4 if size < 10 else 3.0)
    assert decode(decoder, pcm, size)[0] == decode(decoder, pcm, 1280)[0]


def test_a_partial_is_given_only_when_the_text_changed(decoders):
    _, partials = decode(decoders["streaming"], tiny_ctc.sound(3, 3.0))
    assert all(old != new for old, new in pairwise(partials))
    _, none = decode(decoders["streaming"], tiny_ctc.sound(3, 3.0), options=Options(partials=False))
    assert none == []


def test_nothing_of_the_last_utterance_is_heard_in_the_next(decoder):
    first, second = tiny_ctc.sound(4, 2.0), tiny_ctc.sound(5, 2.0)
    alone = decode(decoder, second)[0]
    decode(decoder, first)
    decoder.open(Options()).accept(first)  # never finished
    assert decode(decoder, second)[0] == alone


def test_two_utterances_at_once_are_understood_as_each_alone(decoder):
    first, second = tiny_ctc.sound(4, 2.0), tiny_ctc.sound(5, 2.4)
    alone = [decode(decoder, pcm)[0] for pcm in (first, second)]
    one, other = decoder.open(Options()), decoder.open(Options())
    for at in range(0, len(second), 5000):
        one.accept(first[at : at + 5000])
        other.accept(second[at : at + 5000])
    assert [other.finish(), one.finish()] == alone[::-1]
    assert alone[0] != alone[1]


@pytest.mark.parametrize("samples", [0, 1, 159, 400, 3199, 3200])
def test_too_short_an_utterance_is_padded_and_answered(decoder, samples):
    transcript, _ = decode(decoder, tiny_ctc.sound(6, 1.0)[:samples])
    assert all(0 <= word.start <= word.end <= samples / 16_000 for word in transcript.words)


def test_words_and_text_say_the_same_within_the_audio(decoder):
    transcript, _ = decode(decoder, tiny_ctc.sound(7, 2.5))
    assert " ".join(word.text for word in transcript.words) == transcript.text
    times = [time for word in transcript.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[-1] <= 2.5
    assert times[-1] > 1.5


def test_times_are_seconds_whatever_the_model_subsamples(tmp_path):
    model = tiny_ctc.make(tmp_path / "eighth", stride=8)  # sherpa-onnx takes 4 for granted, online
    pcm = tiny_ctc.sound(8, 3.0)
    streaming, _ = decode(open_decoder(loading.request(model, "streaming")), pcm)
    offline, _ = decode(open_decoder(loading.request(model, "offline")), pcm)
    assert streaming == offline


def test_the_longest_utterance_is_decoded_and_a_longer_one_refused(decoder):
    session = decoder.open(Options())
    pcm = np.tile(tiny_ctc.sound(9, 5.0), 6)
    assert len(pcm) == MAX_SAMPLES
    session.accept(pcm)
    assert session.finish().words[-1].end > 29
    session = decoder.open(Options())
    session.accept(pcm)
    with pytest.raises(AudioInputError, match="longer than 30 s"):
        session.accept(pcm[:1])


@pytest.mark.parametrize(
    "bad", [np.zeros(10, np.float32), np.zeros((2, 10), np.int16), np.zeros(10, np.uint16)]
)
def test_what_is_not_mono_int16_is_refused(decoder, bad):
    session = decoder.open(Options())
    with pytest.raises(AudioInputError, match="mono int16"):
        session.accept(bad)


def test_full_scale_is_one():
    assert to_float(np.array([-32768, 0, 16384], np.int16)).tolist() == [-1.0, 0.0, 0.5]


def test_padding_is_dither_of_ten_lsb_and_the_same_every_time():
    noise = dither(16_000) * 32768
    assert np.array_equal(noise, dither(16_000) * 32768)
    assert 9 < np.sqrt((noise**2).mean()) < 11
    assert np.count_nonzero(noise) == 16_000


def test_padding_makes_up_what_is_missing_and_adds_the_tail():
    assert padding(0, 0.2, 0.5) == 3200 + 8000
    assert padding(3000, 0.2, 0.5) == 200 + 8000
    assert padding(99_999, 0.2, 0.0) == 0


def test_features_are_those_of_the_pinned_sherpa_onnx(tmp_path):
    """2.0.0 to 2.0.1 changed them without a word: training and running would no longer agree."""
    import sherpa_onnx

    folder = tiny_ctc.make(tmp_path).folder
    recognizer = sherpa_onnx.OnlineRecognizer.from_nemo_ctc(
        model=str(folder / "streaming.onnx"), tokens=str(folder / "tokens.txt")
    )
    golden = np.load(GOLDEN)
    stream = recognizer.create_stream()
    stream.accept_waveform(16_000, to_float(golden["pcm"]))
    frames = np.array(stream.get_frames(0, len(golden["frames"])), np.float32)
    assert np.abs(frames.reshape(-1, tiny_ctc.FEATURES) - golden["frames"]).max() < 1e-3
