"""What a model of one family and mode must hold before sherpa-onnx sees it: the nouns of `families`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Limits = tuple[int, int]
Dims = tuple[int | None, ...]
"""Shape of a tensor; None where it is only known when the model runs."""

BLANKS = ("<blk>", "<blank>", "<eps>")
"""Names of the blank, one of which the tokens of a CTC model or a transducer must have."""

GREEDY, BEAM = "greedy_search", "modified_beam_search"
"""Values of `decoding_method`."""

MAX_STACK = 100
"""Most frames that a model stacks to one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one ONNX file says of itself."""

    inputs: tuple[Dims, ...]
    outputs: tuple[Dims, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What all files of a model say, after every value was checked."""

    graphs: Mapping[str, Seen]
    """By role."""
    numbers: Mapping[str, int]
    lists: Mapping[str, tuple[int, ...]]
    languages: tuple[str, ...]
    """Those of the manifest."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What one value of `model_type` asks for: streaming encoders differ in their states."""

    integers: Mapping[str, Limits]
    lists: tuple[str, ...]
    """Metadata keys that hold whole numbers with commas between, all equally many."""
    states: Callable[[Found], tuple[int, int]]
    """Tensors that go in and out beside the first: one too few, and sherpa-onnx reads beyond its list."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One ONNX file of a family."""

    parameter: str
    """What sherpa-onnx's factory calls it."""
    inputs: int
    outputs: int
    """Smallest numbers of tensors."""
    exactly: bool = False
    """No more inputs than these: a graph with more is another model's."""
    integers: Mapping[str, Limits] = field(default_factory=dict[str, Limits])
    """Metadata keys that must be whole numbers, with their range."""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Metadata keys that must have one of these values."""
    optional: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Metadata keys that must have one of these values where they are there."""
    lists: tuple[str, ...] = ()
    """Metadata keys that hold whole numbers with commas between."""
    floats: tuple[str, ...] = ()
    """Metadata keys that hold one number for each value of a stacked frame: 80 x lfr_window_size."""
    kinds: Mapping[str, Kind] = field(default_factory=dict[str, Kind])
    """By the value of `model_type`, where it decides what else there must be."""


def nothing_else(found: Found) -> str:
    """Return what else is wrong with a model, as the end of a sentence; here nothing."""
    return ""


@dataclass(frozen=True, slots=True)
class Form:
    """One mode of a family."""

    factory: str
    """Class method of sherpa_onnx.OnlineRecognizer or OfflineRecognizer."""
    graphs: Mapping[str, Graph]
    """By role of the file in the manifest."""
    decoding: tuple[str, ...] = (GREEDY,)
    """Values of decoding_method; another ends the process."""
    sure: bool = False
    """Each token comes with its probability."""
    vocabulary: str = "vocab_size"
    """Metadata key that counts the tokens; `` where only the shape of the first output does."""
    extra_tokens: int = 0
    """Lines of the tokens file beyond it: NeMo does not count the blank."""
    exact: bool = True
    """As many tokens as the model has; else icefall's `#0`, `#1` ... may follow."""
    counted: bool = True
    """False: the model has more tokens than its file, which holds only those with a text."""
    needs: tuple[str, ...] = BLANKS
    """Tokens of which one must be there."""
    window: str = ""
    """Metadata key: feature frames that a streaming model sees at once."""
    window_frames: int = 0
    """The same where sherpa-onnx has it hard-coded."""
    subsampling: str = ""
    """Metadata key: feature frames per output."""
    subsampling_frames: int = 4
    """The same where sherpa-onnx has it hard-coded."""
    timed: Callable[[Found], bool] = lambda found: True
    """Times come with the tokens."""
    timed_argument: str = ""
    """Argument of the factory that must be true for that."""
    joins: str = ""
    """End of a token that the next one continues; `` where tokens that begin a word say so."""
    language: bool = False
    """The factory takes a language; without one the model finds it out."""
    own_itn: bool = False
    """It can write numbers and punctuation itself: argument `use_itn`."""
    check: Callable[[Found], str] = nothing_else
