"""Makes the recognizer of sherpa-onnx for a model that passed `preflight`, whatever its family."""

from collections.abc import Mapping
from typing import Any

from edged.stages.recognize.families import FAMILIES
from edged.stages.recognize.forms import Form
from edged.stages.recognize.preflight import Metadata
from edged.stages.recognize.wire import Load


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
        given["language"] = load.languages[0] if len(load.languages) == 1 else ""
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
