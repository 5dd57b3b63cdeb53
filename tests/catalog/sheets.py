"""Model folders as a test needs them."""

import hashlib
from pathlib import Path

CONTENTS = b"not a network, but a file with a known sha256"


def head_toml(name: str = "hey_you", contents: bytes = CONTENTS, licence: str = "MIT") -> str:
    return f"""
name = "{name}"
kind = "head"
version = "0.1"
licence = "{licence}"
source = "a test"
description = "Wake word"
attribution = "nobody"
languages = ["en"]
lag_ms = 80
labels = ["none", "some"]
[files.model]
path = "{name}.onnx"
sha256 = "{hashlib.sha256(contents).hexdigest()}"
bytes = {len(contents)}
"""


RECOGNIZER_TOML = """
name = "tiny"
kind = "recognizer"
licence = "Apache-2.0"
source = "a test"
languages = ["en"]
[files.streaming]
path = "streaming.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
bytes = 12
[files.tokens]
path = "text/tokens.txt"
sha256 = "1111111111111111111111111111111111111111111111111111111111111111"
bytes = 3
[recognizer]
family = "nemo-ctc"
modes = ["streaming", "offline"]
sample_rate = 16000
min_audio_s = 0.2
tail_padding_s = 0.5
self_test = true
vocabulary = "closed"
decoding = "modified_beam_search"
modeling_unit = "bpe"
"""


def install_head(place: Path, name: str = "hey_you", contents: bytes = CONTENTS) -> Path:
    folder = place / name
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text(head_toml(name))
    (folder / f"{name}.onnx").write_bytes(contents)
    return folder
