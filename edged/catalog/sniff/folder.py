"""What any path is; a folder: edged's own, a recognizer of sherpa-onnx, or what lies in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from edged.catalog.manifest import Model, RecognizerFacts
from edged.catalog.model_file import ModelFile
from edged.catalog.read import SHEET, read_model
from edged.catalog.sniff.file import contents, opened, sniff_file
from edged.catalog.sniff.onnx import Onnx
from edged.catalog.sniff.sherpa import RUNS, family_of, nemo_mode
from edged.catalog.sniff.verdict import Verdict, as_found, quoted, refused
from edged.catalog.verify import verify
from edged.errors import ModelError

MAX_FILES = 200
"""Files looked at; model folders have a dozen."""
MAX_TOKENS_BYTES = 16 << 20
BESIDES = ("a text file", "a recording", "the tokens of")
"""What may lie beside a model."""
PARTS = ("encoder", "decoder", "joiner")


@dataclass(slots=True)
class _Listing:
    """What lies in a folder, not below it."""

    graphs: dict[Path, Onnx] = field(default_factory=dict[Path, Onnx])
    others: dict[Path, Verdict] = field(default_factory=dict[Path, Verdict])
    folders: list[Path] = field(default_factory=list[Path])


def sniff(path: Path) -> Verdict:
    """Say what a file or folder is.

    Raises:
        ModelError: it is absent, neither of both, or cannot be read.
    """
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError) as exc:
        raise ModelError(f"{path}: {getattr(exc, 'strerror', None) or exc}") from exc
    if not is_folder:
        return sniff_file(path)
    if (path / SHEET).exists():
        return _own(path)
    listing = _list(path)
    recognizer = _recognizer(path, listing)
    return recognizer or _other(listing)


def _own(path: Path) -> Verdict:
    """A folder that edged made, here or elsewhere; a damaged one is an error."""
    model = read_model(path)
    verify(model)
    targets = {role: file.path.relative_to(model.folder).as_posix() for role, file in model.files.items()}
    return Verdict(f"a model folder of edged, kind {model.kind}", model=model, targets=targets)


def _list(path: Path) -> _Listing:
    listing = _Listing()
    try:
        inside = sorted(islice(path.iterdir(), MAX_FILES + 1))
    except OSError as exc:
        raise ModelError(f"{path}: {exc.strerror or exc}") from exc
    if len(inside) > MAX_FILES:
        raise ModelError(f"{path}: a folder of more than {MAX_FILES} files; give the model's own folder")
    for file in inside:
        if file.name.startswith("."):
            continue
        if file.is_dir():
            listing.folders.append(file)
        elif file.is_file():
            with opened(file) as (stream, size):
                found = contents(stream, size)
            if isinstance(found, Onnx):
                listing.graphs[file] = found
            else:
                listing.others[file] = found
    return listing


def _recognizer(path: Path, listing: _Listing) -> Verdict | None:
    """What sherpa-onnx loads from a folder: graphs that name a family, and tokens."""
    roles = {part: [g for g in listing.graphs if _is(part, g, listing.graphs[g])] for part in PARTS}
    tokens = _tokens(listing)
    modes = {} if roles["joiner"] else _nemo(listing.graphs)
    if modes:
        return _nemo_ctc(path, listing, modes, tokens)
    families = dict.fromkeys(filter(None, (family_of(facts) for facts in listing.graphs.values())))
    parts = [part for part in PARTS if roles[part]]
    if not families and not (parts and tokens) and "joiner" not in parts:
        return None
    family = ", ".join(families) or ("transducer" if "joiner" in parts else "encoder and decoder")
    use = "keyword spotter" if any(file.name == "keywords.txt" for file in listing.others) else "recognizer"
    what = f"a {use} of sherpa-onnx ({family})"
    if "joiner" in parts and len(parts) < len(PARTS):
        missing = ", ".join(part for part in PARTS if part not in parts)
        return refused(f"{what} without its {missing}", "get the whole folder; " + _not_yet())
    return refused(what, _not_yet())


def _nemo(graphs: Mapping[Path, Onnx]) -> dict[str, Path]:
    """Return the graph of each mode; of several the int8 one, which is smaller and faster on a board."""
    found: dict[str, Path] = {}
    for path, facts in graphs.items():
        mode = nemo_mode(facts)
        if mode and (mode not in found or "int8" in path.name):
            found[mode] = path
    return {mode: found[mode] for mode in RUNS["nemo-ctc"] if mode in found}


def _nemo_ctc(path: Path, listing: _Listing, modes: Mapping[str, Path], tokens: Path | None) -> Verdict:
    what = f"a recognizer of sherpa-onnx, NeMo CTC, {' and '.join(modes)}"
    if tokens is None:
        return refused(f"{what}, without its tokens.txt", "get the whole folder")
    if any(listing.graphs[graph].external for graph in modes.values()):
        return refused(f"{what}, whose weights lie in another file", "save each as one file with onnx.save")
    for graph in modes.values():
        size = listing.graphs[graph].metadata["vocab_size"]
        lines = _lines(tokens)
        if size != str(lines - 1):  # NeMo does not count the blank
            wrong = f"{tokens.name} has {lines} tokens, {graph.name} {quoted(size)} and a blank"
            return refused(f"{what}, but {wrong}", "take both from one source")
    files = {mode: ModelFile(graph, None, None) for mode, graph in modes.items()}
    model = Model(
        name=path.name,
        kind="recognizer",
        folder=path,
        files={**files, "tokens": ModelFile(tokens, None, None)},
        licence="unknown",
        source=as_found(path),
        description=f"{what[:1].upper()}{what[1:]}.",
        recognizer=RecognizerFacts(
            "nemo-ctc", tuple(mode for mode in ("streaming", "offline") if mode in modes)
        ),
    )
    used = ", ".join(graph.name for graph in modes.values())
    targets = {**{mode: f"{mode}.onnx" for mode in modes}, "tokens": "tokens.txt"}
    return Verdict(f"{what} ({used})", model=model, targets=targets)


def _other(listing: _Listing) -> Verdict:
    """No recognizer: say what there is, so that the right thing inside is found."""
    verdicts = {file: sniff_file(file) for file in listing.graphs}
    good = [file.name for file, verdict in verdicts.items() if verdict.model is not None]
    if good:
        return refused(f"a folder with models in it ({_names(good)})", "import them one by one")
    found = {**verdicts, **{f: v for f, v in listing.others.items() if not v.what.startswith(BESIDES)}}
    for file, verdict in found.items():
        return refused(f"a folder that holds {quoted(file.name)}, {verdict.what}", verdict.way_out)
    tokens = _tokens(listing)
    if tokens is not None:
        return refused(
            f"a recognizer's folder ({tokens.name}) without its ONNX models", "get the whole folder"
        )
    if listing.folders:
        inner = _names([folder.name for folder in listing.folders])
        return refused(f"a folder of folders ({inner})", "give the one that holds the model")
    return refused("a folder without a model", "give the one that holds the model")


def _is(part: str, path: Path, facts: Onnx) -> bool:
    keys = facts.metadata.keys()
    if part == "joiner":
        return "joiner_dim" in keys or "joiner" in path.stem.lower()
    if part == "decoder":
        return {"context_size", "vocab_size"} <= keys or "decode" in path.stem.lower()
    return "encode" in path.stem.lower()


def _tokens(listing: _Listing) -> Path | None:
    found = [file for file, verdict in listing.others.items() if verdict.what.startswith("the tokens of")]
    return next((file for file in found if file.name == "tokens.txt"), found[0] if found else None)


def _lines(tokens: Path) -> int:
    with opened(tokens) as (file, _size):
        return len(file.read(MAX_TOKENS_BYTES).splitlines())


def _not_yet() -> str:
    return "edged takes only NeMo CTC from a folder so far; write its model.toml by hand"


def _names(names: list[str]) -> str:
    shown = ", ".join(quoted(name) for name in names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
