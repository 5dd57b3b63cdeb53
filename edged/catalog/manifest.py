"""What `model.toml` says about one model folder, and nothing that it does not say."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edged.catalog.artifact import Artifact
from edged.catalog.model_file import ModelFile

Kind = Literal[
    "melspectrogram",
    "embedding",
    "head",
    "vad",
    "recognizer",
    "keywords",
    "punctuation",
    "itn",
    "denoise",
    "compiled",
]
"""What a model is for; `itn` writes numbers the way people do, `keywords` spots phrases given as text,
`compiled` are other models of ours made ready for an accelerator."""


@dataclass(frozen=True, slots=True)
class RecognizerFacts:
    """What only a recognizer has."""

    family: str
    modes: tuple[Literal["streaming", "offline"], ...]
    sample_rate: int = 16_000
    min_audio_s: float = 0.2
    """Shortest audio the model decodes, seconds; shorter is padded."""
    tail_padding_s: float = 0.0
    """Dither appended before the end, seconds, so that the last word comes out."""
    max_audio_s: float = 30.0
    """Longest audio the model decodes, seconds; a longer recording is cut. No more than 30: what the daemon's
    ring holds, and attention models grow with its square."""
    probe_text: str = ""
    """What is said in the file of role `probe`: a model for an accelerator must understand it to be used."""
    self_test: bool = False
    vocabulary: Literal["open", "closed"] = "open"
    """`closed`: only the words it was made for can come out."""
    decoding: Literal["greedy_search", "modified_beam_search"] = "greedy_search"
    """How it searches where the configuration says nothing; only transducers know the second."""
    modeling_unit: Literal["", "cjkchar", "bpe", "cjkchar+bpe"] = ""
    """What its tokens are, so that hotwords can be spelled in them; `bpe` needs a file of role `bpe_vocab` as
    well. Empty: it takes no hotwords."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model on disk, ready to be opened."""

    name: str
    kind: Kind
    folder: Path
    files: Mapping[str, ModelFile]
    """By role: `model` for models of one file."""
    licence: str
    """SPDX name."""
    source: str
    description: str = ""
    languages: tuple[str, ...] = ()
    lag_ms: int = 160
    """How long after the end of the word a head's score passes its threshold, milliseconds."""
    labels: tuple[str, ...] = ()
    """Names of a head's outputs where it has several."""
    recognizer: RecognizerFacts | None = None
    attribution: str = ""
    version: str = ""
    """As its makers count."""
    suits: str = ""
    """Which board it is for, in words."""
    unverified: bool = False
    """A sha256 is only what the first pull found: it tells damage, and not what the makers published."""
    artifacts: tuple[Artifact, ...] = ()
    """Of kind `compiled`: what its files hold."""
