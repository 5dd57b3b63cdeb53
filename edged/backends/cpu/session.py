"""One way to make an onnxruntime session: one thread unless asked, no spinning, errors of ours.

An 80 ms stage rarely gains from a second thread (`edged tune advise` measures it) and a spinning pool eats a
core.
"""

from pathlib import Path
from typing import Any

from edged.errors import ProviderUnavailable


def open_session(model: Path | bytes, what: str, threads: int = 1, *, parallel: bool = False) -> Any:
    """Open a model file or a serialized graph.

    Args:
        model: what to run.
        what: names it in errors.
        threads: that work on one operator.
        parallel: operators that do not wait for each other run side by side, two at a time.

    Raises:
        ProviderUnavailable: onnxruntime is missing or refuses the model.
    """
    try:
        import onnxruntime
    except ImportError as exc:
        raise ProviderUnavailable("cpu", f"onnxruntime does not import ({exc})") from exc
    ort: Any = onnxruntime  # ships no type stubs
    source: Any = str(model) if isinstance(model, Path) else model
    try:
        options = one_thread(ort)
        options.intra_op_num_threads = threads
        if parallel:
            options.inter_op_num_threads = 2
            options.execution_mode = ort.ExecutionMode.ORT_PARALLEL
        return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime raises a dozen private classes: all mean "refused"
        reason = str(exc).strip().splitlines()[0] if str(exc).strip() else type(exc).__name__
        raise ProviderUnavailable("cpu", f"{what}: {reason}") from exc


def one_thread(ort: Any) -> Any:
    """Return the options of every session here, for the onnxruntime that is given."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
