"""The same scores as openWakeWord 0.5.1, on a fixed sample; `scripts/compare-with-openwakeword` does all."""

import numpy as np
import pytest

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.bench import equality
from edged.runtime.scorer import Scorer
from tests.assets import asset
from tests.oww_models import model

soundfile = pytest.importorskip("soundfile")
TOLERANCE = 1e-3
HEADS = ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "timer", "weather")
SPOKEN = ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy")
FOLDERS = ("positive/alexa", "positive/jarvis", "tutorial", "negative")


@pytest.fixture(scope="module")
def recordings() -> list:
    """Twelve recordings, the same every time."""
    chosen = [asset(f"wake/positive/wyoming/{word}.wav") for word in SPOKEN]
    for folder in FOLDERS:
        root = asset(f"wake/{folder}")
        paths = sorted(path for path in root.rglob("*") if path.suffix in (".wav", ".flac"))
        chosen += [paths[0], paths[len(paths) // 2]]
    return [(path.name, soundfile.read(path, dtype="int16")[0]) for path in chosen]


@pytest.fixture(scope="module")
def features() -> CpuFeatures:
    return CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))


@pytest.fixture(scope="module")
def heads() -> CpuHeads:
    return CpuHeads([HeadModel(name, model(f"{name}_v0.1.onnx")) for name in HEADS])


# openwakeword's own imports warn: scipy's aliases, and a missing tflite runtime
@pytest.mark.filterwarnings("ignore")
def test_every_score_is_openwakeword_s_once_the_window_is_real(recordings, features, heads):
    pytest.importorskip("openwakeword")
    paths = {name: model(f"{name}_v0.1.onnx") for name in HEADS}
    theirs = equality.openwakeword_scorer(model("melspectrogram.onnx"), model("embedding_model.onnx"), paths)
    # joined, too: most recordings end before the 34 embeddings of the timer are real
    joined = ("joined", np.concatenate([pcm for _, pcm in recordings]))
    result = equality.compare([*recordings, joined], features, heads, theirs)
    assert result.files == 13
    for column, distance in result.distances.items():
        assert distance.hops >= 250, column
        assert distance.largest <= TOLERANCE, f"{column}: {distance}"
    loudest = {column: max(peak[column] for peak in result.peaks.values()) for column in heads.columns}
    assert min(loudest[word] for word in SPOKEN) > 0.9


@pytest.mark.parametrize("feed", [80, 1000, 16_000])
def test_the_size_of_the_pieces_changes_no_score(recordings, features, heads, feed):
    for _, pcm in recordings[:4]:
        whole, pieces = (Scorer(features, heads).run(pcm, size) for size in (1280, feed))
        assert (whole == pieces).all()
        assert len(whole) == len(pcm) // 1280
