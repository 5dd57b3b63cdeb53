"""What every model-like file of the test data is: the table that a person can read."""

# ruff: noqa: E501 - a table is read by its rows

import pytest

from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.cpu.vad import CpuVad
from edged.catalog.sniff.folder import sniff
from tests.assets import ROOT, asset

OWW = "a wake-word head of openWakeWord's shape, window 16"
OTHER_HEAD = "edged runs heads on openWakeWord's embeddings, (1, up to 34, 96)"
PRECISE = f"a wake word of Mycroft Precise (on 29 frames of 13 MFCC): {OTHER_HEAD}"
DSCNN = f"a keyword classifier on 98 mel frames of 32 bands (DS-CNN): {OTHER_HEAD}"
BCRESNET = f"a keyword classifier on 151 frames of 40 features (BC-ResNet): {OTHER_HEAD}"
GTCRN = "a noise suppressor (GTCRN): edged has no stage for it yet"
USE_SILERO = "edged uses silero's: edged models pull silero_vad"
RKNN = "an RKNN model for rk3588, made by toolkit {}: import the ONNX file it was made from: edged models convert makes one that proves its answers"
TEXT = "a text file: it is no model"
TOKENS = "the tokens of a recognizer: import the folder that holds it and the recognizer's ONNX files"
SPOTTER = "a keyword spotter of sherpa-onnx (transducer) without its encoder: get the whole folder; edged takes only NeMo CTC from a folder so far; write its model.toml by hand"
PART = "a part of a speech recognizer, the {} of a transducer: import the folder that holds all its files"

TAKEN = {
    # path: kind, what it is
    "wake/heads/alexa_v0.1.onnx": ("head", "the catalog's alexa, kind head"),
    "wake/heads/hey_jarvis_v0.1.onnx": ("head", "the catalog's hey_jarvis, kind head"),
    "wake/heads/hey_mycroft_v0.1.onnx": ("head", "the catalog's hey_mycroft, kind head"),
    "wake/heads/hey_rhasspy_v0.1.onnx": ("head", "the catalog's hey_rhasspy, kind head"),
    "wake/heads/timer_v0.1.onnx": ("head", "the catalog's timer, kind head"),
    "wake/heads/weather_v0.1.onnx": ("head", "the catalog's weather, kind head"),
    "wake/heads/cpp/hey_marvin_v0.1.onnx": ("head", OWW),
    "wake/heads/cpp/hey_mycroft_v0.1.onnx": ("head", OWW),
    "wake/heads/community/computer_v2.onnx": ("head", OWW),
    "wake/heads/community/hello_world.onnx": ("head", OWW),
    "wake/heads/community/hey_nabu_v1.onnx": ("head", OWW),
    "wake/heads/community/hey_nabu_v2.onnx": ("head", OWW),
    "wake/heads/community/jarvis_v1.onnx": ("head", OWW),
    "wake/heads/community/marvin_v2.onnx": ("head", OWW),
    "wake/heads/community/multiple_words.onnx": ("head", OWW),
    "wake/heads/community/sheila_v2.onnx": ("head", OWW),
    "wake/features/embedding_model.onnx": ("embedding", "the catalog's embedding, kind embedding"),
    "wake/features/melspectrogram.onnx": ("melspectrogram", "the catalog's melspectrogram, kind melspectrogram"),
    "vad/silero_vad.onnx": ("vad", "silero's voice activity detector, generation 5 or 6"),
    "vad/silero_vad_16k_op15.onnx": ("vad", "the catalog's silero_vad, kind vad"),
    "vad/silero_vad_oww.onnx": ("vad", "silero's voice activity detector, generation 4"),
}  # fmt: skip

REFUSED = {
    # path: what it is and what to do
    "wake/heads/other/dscnn_multiscale_dakaidengguang.onnx": DSCNN,
    "wake/heads/other/dscnn_multiscale_nihaodiannao.onnx": DSCNN,
    "wake/heads/other/precise_computer.onnx": PRECISE,
    "wake/heads/other/precise_hey_mycroft.onnx": PRECISE,
    "wake/heads/other/precise_hey_robin.onnx": PRECISE,
    "wake/heads/other/wekws_kws.ort": "a model in onnxruntime's ORT format: import the plain .onnx it was made from",
    "wake/heads/tflite/ok_nabu_v0.1.tflite": "an openWakeWord head in TFLite form, window 16: edged runs the ONNX form; openWakeWord's training writes both, so look for the .onnx beside it",
    "wake/features/embedding_model_cpp.onnx": "a speech embedding like openWakeWord's, in another edition: edged's exact streaming form is made for one edition: edged models pull embedding",
    "wake/reference_scores_noise.json": TEXT,
    "vad/fsmn-am.mvn": TEXT,
    "vad/fsmn-config.yaml": TEXT,
    "vad/fsmnvad-offline.onnx": f"a voice activity detector (FunASR's FSMN VAD): {USE_SILERO}",
    "vad/ten-vad.onnx": f"a voice activity detector (TEN VAD): {USE_SILERO}",
    "denoise/gtcrn/gtcrn.onnx": GTCRN,
    "denoise/gtcrn/gtcrn_simple.onnx": GTCRN,
    "denoise/lanling/gtcrn_simple.onnx": GTCRN,
    "rknn/nsbb/BCResNet-t2-Focal-ep110.onnx": BCRESNET,
    "rknn/nsbb/BCResNet-t2-npu-fixed.onnx": BCRESNET,
    "rknn/nsbb/BCResNet-t2-npu-fixed.rknn": RKNN.format("2.3.2"),
    "rknn/nsbb/test_bcblock.onnx": f"an ONNX model of no kind that edged knows (takes float32 [1, 1, 20, 151], answers float32 [1, 16, 20, 151]): {OTHER_HEAD}",
    "rknn/nsbb/test_bcblock.rknn": RKNN.format("2.3.2"),
    "rknn/nsbb/test_conv_c1.onnx": f"an ONNX model of no kind that edged knows (takes float32 [1, 1, 40, 151], answers float32 [1, 16, 40, 151]): {OTHER_HEAD}",
    "rknn/nsbb/test_conv_c1.rknn": RKNN.format("2.3.2"),
    "rknn/nsbb/test_stack_1.onnx": f"an ONNX model of no kind that edged knows (takes float32 [1, 1, 20, 151], answers float32 [1, 2, 20, 151]): {OTHER_HEAD}",
    "rknn/nsbb/test_stack_1.rknn": RKNN.format("2.3.2"),
    "rknn/openwakeword/alexa_v0.1.rknn": RKNN.format("2.3.2"),
    "rknn/openwakeword/hey_mycroft_v0.1.rknn": RKNN.format("2.3.2"),
    "rknn/openwakeword/hey_rhasspy_v0.1.rknn": RKNN.format("2.3.2"),
    "rknn/openwakeword/timer_v0.1.rknn": RKNN.format("2.3.2"),
    "rknn/openwakeword/weather_v0.1.rknn": RKNN.format("2.3.2"),
    "rknn/rockchip/multiple_input_demo_airockchip.rknn": RKNN.format("1.6.2-source_code"),
    "rknn/rockchip/multiple_input_demo_rk3566.rknn": "an RKNN model for rk3566, made by toolkit 1.6.2-source_code: it does not run on rk3588; import the ONNX file it was made from",
    "rknn/rockchip/multiple_input_demo_rknpu2.rknn": RKNN.format("1.3.4-source_code"),
    "kws/zipformer-gigaspeech-3.3M": SPOTTER,
    "kws/zipformer-gigaspeech-3.3M/README.md": TEXT,
    "kws/zipformer-gigaspeech-3.3M/bpe.model": "a SentencePiece vocabulary: it is a part of a recognizer; import its folder",
    "kws/zipformer-gigaspeech-3.3M/decoder.onnx": PART.format("decoder"),
    "kws/zipformer-gigaspeech-3.3M/joiner.onnx": PART.format("joiner"),
    "kws/zipformer-gigaspeech-3.3M/keywords.txt": TEXT,
    "kws/zipformer-gigaspeech-3.3M/tokens.txt": TOKENS,
    "kws/zipformer-wenetspeech-3.3M": SPOTTER,
    "kws/zipformer-wenetspeech-3.3M/README.md": TEXT,
    "kws/zipformer-wenetspeech-3.3M/configuration.json": TEXT,
    "kws/zipformer-wenetspeech-3.3M/decoder.onnx": PART.format("decoder"),
    "kws/zipformer-wenetspeech-3.3M/joiner.onnx": PART.format("joiner"),
    "kws/zipformer-wenetspeech-3.3M/keywords.txt": TEXT,
    "kws/zipformer-wenetspeech-3.3M/keywords_raw.txt": TEXT,
    "kws/zipformer-wenetspeech-3.3M/tokens.txt": TOKENS,
    "asr/sherpa-bilingual-zh-en-2023-02-20": "a recognizer's folder (tokens.txt) without its ONNX models: get the whole folder",
    "asr/sherpa-bilingual-zh-en-2023-02-20/tokens.txt": TOKENS,
    "asr/itn/itn_zh_number.fst": "an OpenFst transducer: edged applies no text rules yet; a recognizer runs without them",
    "asr/itn": "a folder that holds itn_zh_number.fst, an OpenFst transducer: edged applies no text rules yet; a recognizer runs without them",
    "asr/wavs/en/jfk.flac": "a recording: edged listens to it with edged run --source wav:FILE",
    "asr/sherpa-bilingual-zh-en-2023-02-20/0.wav": "a recording: edged listens to it with edged run --source wav:FILE",
    "negative/music/demucs_test.mp3": "a recording: edged listens to it with edged run --source wav:FILE",
    "wake/features": "a folder with models in it (embedding_model.onnx, melspectrogram.onnx): import them one by one",
    "wake/heads/tflite": "a folder that holds ok_nabu_v0.1.tflite, an openWakeWord head in TFLite form, window 16: edged runs the ONNX form; openWakeWord's training writes both, so look for the .onnx beside it",
    "wake": "a folder of folders (features, heads, negative, positive, tutorial): give the one that holds the model",
    "MANIFEST.toml": TEXT,
}  # fmt: skip

FOLDERS_OF_MODELS = ("wake/heads", "wake/features", "vad", "denoise", "rknn", "kws", "asr/itn")


@pytest.mark.parametrize("path", TAKEN)
def test_is_taken(path):
    kind, what = TAKEN[path]
    verdict = sniff(asset(path))
    assert verdict.sentence == what
    assert verdict.model is not None
    assert verdict.model.kind == kind
    assert (verdict.model.licence == "unknown") != what.startswith("the catalog's")


@pytest.mark.parametrize("path", REFUSED)
def test_is_refused(path):
    verdict = sniff(asset(path))
    assert verdict.model is None
    assert verdict.sentence == REFUSED[path]


def test_the_table_names_every_file_of_the_model_folders():
    found = {
        file.relative_to(ROOT).as_posix()
        for folder in FOLDERS_OF_MODELS
        for file in asset(folder).rglob("*")
        if file.is_file() and file.suffix != ".wav"
    }
    assert found - TAKEN.keys() - REFUSED.keys() == set()


@pytest.mark.parametrize("path", [path for path, (kind, _) in TAKEN.items() if kind == "head"])
def test_a_head_that_is_taken_runs(path):
    CpuHeads([HeadModel("word", asset(path))]).close()


@pytest.mark.parametrize("path", [path for path, (kind, _) in TAKEN.items() if kind == "vad"])
def test_a_detector_that_is_taken_runs(path):
    CpuVad(asset(path)).close()
