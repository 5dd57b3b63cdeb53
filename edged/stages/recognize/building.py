"""Makes the recognizer of sherpa-onnx for a model that passed `preflight`, whatever its family."""

from collections.abc import Mapping
from typing import Any

from edged.stages.recognize.asking import Asked
from edged.stages.recognize.families import FAMILIES
from edged.stages.recognize.forms import Form
from edged.stages.recognize.preflight import Metadata
from edged.stages.recognize.requests import Load


def form_of(load: Load) -> Form:
    """Return what the family has for the mode; both passed `preflight`."""
    return FAMILIES[load.family]["streaming" if load.mode == "streaming" else "offline"]


def arguments(load: Load, numbers: Metadata) -> Mapping[str, object]:
    """Return every argument that the family's factory is given: only such as it knows."""
    form = form_of(load)
    given: dict[str, object] = {
        "tokens": load.files["tokens"],
        "num_threads": load.threads,
        "decoding_method": load.decoding,
        "provider": load.provider,
    }
    given |= {graph.parameter: load.files[role] for role, graph in form.graphs.items()}
    if form.language:
        only = load.languages[0] if len(load.languages) == 1 else ""
        given["language"] = load.language or only
    if form.own_itn:
        given["use_itn"] = load.own_itn
    if numbers.get("spelled"):  # its stand-in where hotwords are asked for ends the process
        given["modeling_unit"] = load.modeling_unit
        given["bpe_vocab"] = load.files.get("bpe_vocab", "")
    if form.timed_argument:
        given[form.timed_argument] = bool(numbers["timed"])
    return given


def build(load: Load, numbers: Metadata) -> Any:
    """Return sherpa-onnx's recognizer.

    Raises:
        RuntimeError: onnxruntime refuses the model. sherpa-onnx may end the process instead.
    """
    import sherpa_onnx

    sherpa: Any = sherpa_onnx  # its stubs say little
    kind = sherpa.OnlineRecognizer if load.mode == "streaming" else sherpa.OfflineRecognizer
    return getattr(kind, form_of(load).factory)(**arguments(load, numbers))


def new_stream(recognizer: Any, asked: Asked) -> Any:
    """Return a stream with the hotwords of an utterance; those of no transducer end the process."""
    return recognizer.create_stream(hotwords=asked.hotwords) if asked.hotwords else recognizer.create_stream()
