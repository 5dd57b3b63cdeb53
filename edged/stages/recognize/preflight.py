"""Everything that must hold before sherpa-onnx sees a model: it ends its process instead of raising.

Runs in the child, so that the daemon pays for neither the parser nor a large file. A damaged model is one
`ModelError` sentence with the file in it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edged.errors import ModelError
from edged.geometry import SAMPLE_RATE
from edged.stages.recognize.families import BLANKS, FAMILIES, PROVIDERS, Form, Graph
from edged.stages.recognize.wire import Load

WAY_OUT = "fetch the model again"
Metadata = dict[str, int]
"""The whole numbers of a model's metadata."""


def preflight(load: Load) -> Metadata:
    """Check a model before it is loaded; return the numbers its metadata holds.

    Raises:
        ModelError: something that sherpa-onnx would not survive, or that would give wrong text.
    """
    form = _form(load)
    _check_numbers(load)
    for role in (*form.graphs, "tokens"):
        if role not in load.files:
            raise ModelError(f"{load.name}: no file of role {role!r} in its model.toml; {WAY_OUT}")
        _check_file(Path(load.files[role]))
    numbers: Metadata = {}
    for role, graph in form.graphs.items():
        numbers |= _check_graph(Path(load.files[role]), graph)
    tokens = Path(load.files["tokens"])
    units = read_tokens(tokens)
    wanted = numbers["vocab_size"] + form.extra_tokens
    if len(units) != wanted:
        raise ModelError(
            f"{tokens}: {len(units)} tokens, the model has {wanted}; take both files from one source"
        )
    return numbers


def read_tokens(path: Path) -> Mapping[int, str]:
    """Return the units of a tokens file, by id: lines of `UNIT ID`, or `ID` alone for the space.

    Raises:
        ModelError: a line, an id or the blank is wrong.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise ModelError(f"{path}: cannot be read as UTF-8 text ({exc}); {WAY_OUT}") from exc
    units: dict[int, str] = {}
    for number, line in enumerate(lines, 1):
        parts = line.split()
        if not 1 <= len(parts) <= 2 or not (parts[-1].isascii() and parts[-1].isdigit()):
            raise ModelError(f"{path}:{number}: {line!r:.40} is not `UNIT ID`; {WAY_OUT}")
        unit, index = (parts[0] if len(parts) == 2 else " "), int(parts[-1])
        if index in units:
            raise ModelError(f"{path}:{number}: id {index} is there twice; {WAY_OUT}")
        units[index] = unit
    if sorted(units) != list(range(len(units))):
        raise ModelError(f"{path}: ids must be 0 to {len(units) - 1} without a hole; {WAY_OUT}")
    if not set(BLANKS) & set(units.values()):
        raise ModelError(f"{path}: no blank among the tokens ({', '.join(BLANKS)}); {WAY_OUT}")
    return units


def _form(load: Load) -> Form:
    """Return what the family and mode need."""
    if load.family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise ModelError(f"{load.name}: family {load.family!r} is not known; known: {known}")
    modes = FAMILIES[load.family]
    if load.mode not in modes:
        raise ModelError(f"{load.name}: {load.family} has no mode {load.mode!r}; it has {', '.join(modes)}")
    form = modes[load.mode]
    if load.provider not in PROVIDERS:
        raise ModelError(f"{load.name}: provider {load.provider!r}; this sherpa-onnx has only cpu")
    if load.decoding not in form.decoding:
        raise ModelError(
            f"{load.name}: decoding {load.decoding!r}; {load.family} has {', '.join(form.decoding)}"
        )
    return form


def _check_numbers(load: Load) -> None:
    """Refuse numbers that end or hang the process."""
    if load.sample_rate != SAMPLE_RATE:
        raise ModelError(f"{load.name}: sample_rate {load.sample_rate}; edged hears at {SAMPLE_RATE}")
    if not 1 <= load.threads <= 8:
        raise ModelError(f"{load.name}: threads {load.threads}; 1 to 8 are allowed")
    if not 0 <= load.nice <= 19:
        raise ModelError(f"{load.name}: nice {load.nice}; 0 to 19 are allowed")
    if not 0.05 <= load.min_audio_s <= 5:
        raise ModelError(f"{load.name}: min_audio_s {load.min_audio_s}; 0.05 to 5 seconds are allowed")
    if not 0 <= load.tail_padding_s <= 5:
        raise ModelError(f"{load.name}: tail_padding_s {load.tail_padding_s}; 0 to 5 seconds are allowed")


def _check_file(path: Path) -> None:
    try:
        if not path.exists():
            raise ModelError(f"{path}: there is no such file; {WAY_OUT}")
        if not path.is_file():
            raise ModelError(f"{path}: is not a file; {WAY_OUT}")
        with path.open("rb") as file:
            if not file.read(1):
                raise ModelError(f"{path}: is empty; {WAY_OUT}")
    except (OSError, ValueError) as exc:  # ValueError: a zero byte in the name
        raise ModelError(f"{path}: cannot be read ({exc}); {WAY_OUT}") from exc


def _check_graph(path: Path, wanted: Graph) -> Metadata:
    """Return the whole numbers that the metadata of a graph holds."""
    import onnx
    from google.protobuf.message import DecodeError  # onnx brings it

    onnx_: Any = onnx  # types are generated at run time
    try:
        model: Any = onnx_.load(str(path), load_external_data=False)
    except (OSError, ValueError, DecodeError) as exc:
        raise ModelError(f"{path}: is no ONNX model, or cut short ({type(exc).__name__}); {WAY_OUT}") from exc
    if not model.graph.node:
        raise ModelError(f"{path}: is no ONNX model (no nodes); {WAY_OUT}")
    if len(model.graph.input) < wanted.inputs or len(model.graph.output) < wanted.outputs:
        raise ModelError(
            f"{path}: {len(model.graph.input)} inputs and {len(model.graph.output)} outputs; its family has"
            f" {wanted.inputs} and {wanted.outputs}: is `family` or the role right in model.toml?"
        )
    metadata: dict[str, str] = {entry.key: entry.value for entry in model.metadata_props}
    for key in (*wanted.integers, *wanted.words):
        if key not in metadata:
            raise ModelError(
                f"{path}: metadata {key!r} is missing: is `family` or the role right in model.toml?"
            )
    for key, allowed in wanted.words.items():
        if metadata[key] not in allowed:
            raise ModelError(f"{path}: metadata {key!r} is {metadata[key]!r:.40}, not one of {allowed}")
    numbers = {key: _whole(path, key, metadata[key], limits) for key, limits in wanted.integers.items()}
    if numbers.get("chunk_shift", 0) > numbers.get("window_size", 0):
        raise ModelError(f"{path}: metadata 'chunk_shift' is larger than 'window_size'; {WAY_OUT}")
    return numbers


def _whole(path: Path, key: str, value: str, limits: tuple[int, int]) -> int:
    low, high = limits
    if not (value.isascii() and value.isdigit() and len(value) < 10 and low <= int(value) <= high):
        raise ModelError(f"{path}: metadata {key!r} is {value!r:.40}, not {low} to {high}; {WAY_OUT}")
    return int(value)
