"""A thousand damaged copies of real models: each is told or refused, within bounds."""

import random
import time
import tracemalloc
from io import BytesIO

import pytest

from edged.catalog.sniff.file import contents
from edged.catalog.sniff.graphs import judge_onnx
from edged.catalog.sniff.verdict import Verdict
from tests.assets import ROOT, asset

COPIES = 1000
SECONDS = 5.0
"""Processor time for one file; the slowest whole one needs 0.04."""
MEMORY = 32 << 20
"""Bytes beyond the file itself."""

SAMPLE = (
    "wake/heads/alexa_v0.1.onnx",
    "wake/heads/cpp/hey_mycroft_v0.1.onnx",
    "wake/heads/timer_v0.1.onnx",
    "wake/heads/other/precise_hey_robin.onnx",
    "wake/heads/other/wekws_kws.ort",
    "wake/heads/tflite/ok_nabu_v0.1.tflite",
    "vad/silero_vad_16k_op15.onnx",
    "denoise/gtcrn/gtcrn_simple.onnx",
    "kws/zipformer-gigaspeech-3.3M/bpe.model",
    "kws/zipformer-gigaspeech-3.3M/joiner.onnx",
    "kws/zipformer-gigaspeech-3.3M/tokens.txt",
    "rknn/openwakeword/hey_rhasspy_v0.1.rknn",
    "rknn/nsbb/test_conv_c1.onnx",
    "rknn/rockchip/multiple_input_demo_rk3566.rknn",
    "asr/itn/itn_zh_number.fst",
)


def flipped(raw, dice):
    """A few bytes near the beginning, where formats keep their tables, or anywhere."""
    changed = bytearray(raw)
    for _ in range(dice.choice((1, 2, 8, 64))):
        end = dice.choice((16, 256, 4096, len(raw)))
        changed[dice.randrange(min(end, len(raw)))] = dice.choice((0, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    return bytes(changed)


def truncated(raw, dice):
    return raw[: dice.choice((dice.randrange(1, 64), dice.randrange(1, len(raw))))]


def inserted(raw, dice):
    at = dice.choice((dice.randrange(64), dice.randrange(len(raw))))
    return raw[:at] + dice.randbytes(dice.choice((1, 7, 300))) + raw[at:]


def tail_changed(raw, dice):
    """The last kilobyte: where ONNX keeps inputs and outputs, and RKNN its description."""
    cut = len(raw) - dice.randrange(1, min(1024, len(raw)))
    return raw[:cut] + flipped(raw[cut:], dice)


def judged(raw, path):
    found = contents(BytesIO(raw), len(raw))
    return found if isinstance(found, Verdict) else judge_onnx(found, path)


@pytest.mark.parametrize("path", SAMPLE)
def test_a_damaged_copy_ends_in_a_verdict(path):
    raw = asset(path).read_bytes()
    dice = random.Random(path)
    for number in range(-(-COPIES // len(SAMPLE))):
        change = (flipped, truncated, inserted, tail_changed)[number % 4]
        copy = change(raw, dice)
        began = time.process_time()
        verdict = judged(copy, ROOT / path)
        assert time.process_time() - began < SECONDS
        assert verdict.sentence
        assert verdict.sentence.isprintable()
        assert len(verdict.sentence) < 1000


@pytest.mark.parametrize("path", SAMPLE)
def test_a_damaged_copy_costs_bounded_memory(path):
    raw = asset(path).read_bytes()
    dice = random.Random(path)
    for change in (flipped, truncated, inserted, tail_changed):
        copy = BytesIO(change(raw, dice))
        tracemalloc.start()
        try:
            contents(copy, len(copy.getbuffer()))
            assert tracemalloc.get_traced_memory()[1] < MEMORY
        finally:
            tracemalloc.stop()
