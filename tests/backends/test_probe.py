"""What computes something else is refused, and by a reason that says what."""

import numpy as np
import pytest

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.fake import FakeFeatures, FakeHeads
from edged.backends.probe import known_histories, known_sound, probe_features, probe_heads
from edged.backends.verdict import Refused
from edged.geometry import HOP
from tests.assets import asset
from tests.oww_models import model

HEADS = ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "weather", "timer")


@pytest.fixture(scope="module")
def features() -> CpuFeatures:
    return CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))


@pytest.fixture(scope="module")
def heads() -> CpuHeads:
    return CpuHeads([HeadModel(name, model(f"{name}_v0.1.onnx")) for name in HEADS])


class Other:
    """A feature backend that changes the answers of another."""

    provider, device = "other", "none"

    def __init__(self, inner, change, precision="fp32", primes=True):
        self._inner, self._change, self._primes = inner, change, primes
        self.precision = precision

    def stream(self):
        outer, inner = self, self._inner.stream()

        class Stream:
            def prime(self, mel):
                inner.prime(mel if outer._primes else None)

            def step(self, pcm, first):
                mel, embedding = inner.step(pcm, first)
                return mel, outer._change(embedding)

        return Stream()


def test_the_cpu_passes_by_itself(features, heads):
    probe_features(features, features)
    probe_heads(heads, heads)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda e: e + np.float32(0.01), r"embeddings differ by 0\.01, 0\.001 is allowed"),
        (np.zeros_like, "answers the same to every sound"),
        (lambda e: e * np.float32(np.nan), "answers NaN or infinity"),
        (lambda e: e[:95], r"answers mel \(8, 32\) and embedding \(95,\), not \(8, 32\) and \(96,\)"),
    ],
)
def test_features_that_answer_something_else_are_refused(features, change, reason):
    with pytest.raises(Refused, match=reason):
        probe_features(Other(features, change), features)


def test_half_precision_may_differ_by_a_hundredth_and_no_more(features):
    probe_features(Other(features, lambda e: e * np.float32(1.009), "fp16"), features)
    with pytest.raises(Refused, match=r"differ by 1\.1% rms, 1 % is allowed"):
        probe_features(Other(features, lambda e: e * np.float32(1.011), "fp16"), features)


def test_features_that_cannot_take_over_in_mid_stream_are_refused(features):
    with pytest.raises(Refused, match="after taking over in mid-stream"):
        probe_features(Other(features, lambda e: e, primes=False), features)


class Answers:
    """A head backend that changes the scores of another."""

    provider = "other"

    def __init__(self, inner, change):
        self._inner, self._change = inner, change
        self.columns, self.windows = inner.columns, inner.windows

    def scores(self, history):
        return self._change(self._inner.scores(history))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (np.zeros_like, r"scores 0\.000 for \S+, the CPU (0\.9\d\d|1\.000)"),
        (np.ones_like, r"scores 1\.000 for \S+, the CPU 0\.0\d\d"),
        (lambda s: s + np.float32(0.06), r"scores \d\.\d+ for \S+, the CPU"),
        (lambda s: s[::-1], r"scores \d\.\d+ for \S+, the CPU"),
        (lambda s: s * np.float32(np.nan), "answers NaN or infinity"),
        (lambda s: s[:-1], r"answers scores of shape \(10,\), not \(11,\)"),
    ],
)
def test_heads_that_answer_something_else_are_refused(heads, change, reason):
    with pytest.raises(Refused, match=reason):
        probe_heads(Answers(heads, change), heads)


def test_one_dead_head_among_many_is_found(heads):
    for column in range(len(heads.columns)):

        def kill(scores, column=column):
            scores = scores.copy()
            scores[column] = 0
            return scores

        with pytest.raises(Refused, match=f"for {heads.columns[column]}, the CPU"):
            probe_heads(Answers(heads, kill), heads)


def test_heads_of_other_columns_are_refused(heads):
    with pytest.raises(Refused, match="serves alexa, not alexa, "):
        probe_heads(FakeHeads(["alexa"]), heads)


@pytest.mark.parametrize("folder", ["community", "cpp"])
def test_every_head_is_made_sure_of_its_word_and_of_its_absence(folder):
    for path in sorted(asset(f"wake/heads/{folder}").rglob("*.onnx")):
        head = CpuHeads([HeadModel("it", path)])
        word, none = known_histories(head)
        assert head.scores(word)[0] > 0.9, path
        assert head.scores(none)[0] < 0.1, path


def test_the_known_sound_is_the_same_everywhere_and_holds_silence_noise_and_voice():
    pcm = known_sound()
    assert np.array_equal(pcm, known_sound())
    assert (pcm.dtype, len(pcm) % HOP) == (np.int16, 0)
    quiet, loud, voice = (part.astype(float).std() for part in np.split(pcm, 3))
    assert quiet < 12 < 500 < loud
    assert voice > 500
    probe_features(FakeFeatures(), FakeFeatures())
