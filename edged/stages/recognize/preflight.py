"""Everything that must hold before sherpa-onnx sees a model: it ends its process instead of raising.

Runs in the child, so that the daemon pays for neither the parser nor a large file. A damaged model is one
`ModelError` sentence with the file in it.
"""

from collections.abc import Mapping
from pathlib import Path

from edged.errors import ModelError
from edged.geometry import SAMPLE_RATE
from edged.stages.recognize.accelerated import PROVIDER as ACCELERATED
from edged.stages.recognize.compiled import check_build, check_compiled
from edged.stages.recognize.encoding import Spelling, spelling
from edged.stages.recognize.families import FAMILIES, PROVIDERS
from edged.stages.recognize.forms import BEAM, BLANKS, Form, Found
from edged.stages.recognize.graphs import WAY_OUT, check_graph, read_graph
from edged.stages.recognize.requests import Load

Metadata = dict[str, int]
"""The whole numbers of a model's metadata, and what follows of them for every family: `window_size` (feature
frames that a streaming model sees at once, 0 offline), `subsampling_factor` (feature frames per output),
`timed` (1 where tokens come with times), `spelled` (1 where hotwords can be)."""


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
    if load.provider != "cpu":
        numbers = check_compiled(load, form)
        read_tokens(Path(load.files["tokens"]), form.needs)
        return numbers
    found = _found(load, form)
    if wrong := form.check(found):
        raise ModelError(f"{load.name}: {wrong}; take all files from one source")
    _check_tokens(Path(load.files["tokens"]), form, found)
    numbers = dict(found.numbers)
    if load.language and load.language not in load.languages:
        raise ModelError(f"{load.name}: language {load.language!r} is not among those of its manifest")
    return numbers | {
        "window_size": numbers[form.window] if form.window else form.window_frames,
        "subsampling_factor": numbers[form.subsampling] if form.subsampling else form.subsampling_frames,
        "timed": int(form.timed(found)),
        "spelled": int(isinstance(spelled(load), Spelling)),
    }


def spelled(load: Load) -> Spelling | str:
    """Return how hotwords are spelled for a model, or why it takes none."""
    if BEAM not in _form(load).decoding:
        return f"models of family {load.family} cannot prefer phrases"
    if load.decoding != BEAM:
        return f'it decodes by {load.decoding}: say decoding = "{BEAM}" in [recognize]'
    vocabulary = load.files.get("bpe_vocab")
    try:
        units = read_tokens(Path(load.files["tokens"]))
        return spelling(load.modeling_unit, units, Path(vocabulary) if vocabulary else None)
    except ModelError as exc:
        return str(exc)


def read_tokens(path: Path, needs: tuple[str, ...] = BLANKS) -> Mapping[int, str]:
    """Return the units of a tokens file, by id: lines of `UNIT ID`, or `ID` alone for the space.

    Only ASCII spaces part the two, as in sherpa-onnx: large vocabularies hold units of other spaces.

    Raises:
        ModelError: a line or an id is wrong, or none of the tokens in `needs` is there.
    """
    try:
        text = path.read_bytes()
        text.decode("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ModelError(f"{path}: cannot be read as UTF-8 text ({exc}); {WAY_OUT}") from exc
    units: dict[int, str] = {}
    for number, line in enumerate(text.removesuffix(b"\n").split(b"\n"), 1):
        parts = line.split()
        if not 1 <= len(parts) <= 2 or not parts[-1].isdigit() or len(parts[-1]) > 9:
            raise ModelError(f"{path}:{number}: {line.decode()!r:.40} is not `UNIT ID`; {WAY_OUT}")
        unit, index = (parts[0].decode() if len(parts) == 2 else " "), int(parts[-1])
        if index in units:
            raise ModelError(f"{path}:{number}: id {index} is there twice; {WAY_OUT}")
        units[index] = unit
    if sorted(units) != list(range(len(units))):
        raise ModelError(f"{path}: ids must be 0 to {len(units) - 1} without a hole; {WAY_OUT}")
    if needs and not set(needs) & set(units.values()):
        what = "no blank" if needs == BLANKS else "a token is missing"
        raise ModelError(f"{path}: {what} among the tokens ({', '.join(needs)}); {WAY_OUT}")
    return units


def _found(load: Load, form: Form) -> Found:
    """Return what all files of a model say of themselves."""
    graphs = {role: read_graph(Path(load.files[role])) for role in form.graphs}
    numbers: dict[str, int] = {}
    lists: dict[str, tuple[int, ...]] = {}
    for role, graph in form.graphs.items():
        whole, several = check_graph(Path(load.files[role]), graphs[role], graph)
        numbers |= whole
        lists |= several
    return Found(graphs, numbers, lists, load.languages)


def _check_tokens(path: Path, form: Form, found: Found) -> None:
    """Refuse a tokens file of another model: its text would be wrong, or an id unknown in mid utterance."""
    units = read_tokens(path, form.needs)
    if form.vocabulary:
        wanted = found.numbers[form.vocabulary] + form.extra_tokens
    else:
        (columns,) = next(iter(found.graphs.values())).outputs[0][-1:]
        wanted = columns or 0
    surplus = [units[index] for index in range(wanted, len(units))]
    if form.counted and len(units) < wanted:
        fits = False
    else:
        fits = not surplus or (not form.exact and all(unit.startswith("#") for unit in surplus))
    if not fits:
        raise ModelError(
            f"{path}: {len(units)} tokens, the model has {wanted}; take both files from one source"
        )


def _form(load: Load) -> Form:
    """Return what the family and mode need."""
    if load.family not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise ModelError(f"{load.name}: family {load.family!r} is not known; known: {known}")
    modes = FAMILIES[load.family]
    form = next((form for mode, form in modes.items() if mode == load.mode), None)
    if form is None:
        raise ModelError(f"{load.name}: {load.family} has no mode {load.mode!r}; it has {', '.join(modes)}")
    if load.provider == ACCELERATED:
        check_build(load)
    elif load.provider not in PROVIDERS:
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
    if load.provider == "cpu" and not 1 <= load.threads <= 8:
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
