"""Which of the ONNX models of the field a file is, told from its inputs, outputs and metadata."""

from collections.abc import Mapping
from pathlib import Path

from edged.catalog.manifest import Kind, Model
from edged.catalog.model_file import ModelFile
from edged.catalog.sniff.onnx import FLOAT, Onnx, Tensor
from edged.catalog.sniff.sherpa import part_of
from edged.catalog.sniff.verdict import Verdict, as_found, quoted, refused
from edged.geometry import EMBEDDING, HISTORY, MEL_BINS, MEL_WINDOW

HEADS_ONLY = f"edged runs heads on openWakeWord's embeddings, (1, up to {HISTORY}, {EMBEDDING})"
NOT_BUILT = "edged has no stage for it yet"


def judge_onnx(facts: Onnx, path: Path) -> Verdict:
    """Say what it is; heads and silero VADs are taken."""
    if facts.external:
        return refused(
            f"an ONNX model whose weights lie in another file ({facts})",
            "save it as one file: onnx.save(onnx.load(FILE), OUT)",
        )
    part = part_of(facts)
    if part:
        return refused(f"a part of a speech recognizer, {part}", "import the folder that holds all its files")
    for look in (_head, _vad, _foreign):
        verdict = look(facts, path)
        if verdict is not None:
            return verdict
    named = facts.metadata.get("model_type", "")
    kind = f", model_type {quoted(named)}" if named else ""
    return refused(f"an ONNX model of no kind that edged knows ({facts}{kind})", HEADS_ONLY)


def taken(what: str, kind: Kind, path: Path) -> Verdict:
    """Accept a model of one file."""
    model = Model(
        name=path.stem if path.suffix[1:].isalpha() else path.name,  # hey_v0.1 is no hey_v0
        kind=kind,
        folder=path.parent,
        files={"model": ModelFile(path, None, None)},
        licence="unknown",
        source=as_found(path),
        description=what[:1].upper() + what[1:] + ".",
    )
    return Verdict(what, model=model, targets={"model": "model.onnx"})


def _head(facts: Onnx, path: Path) -> Verdict | None:
    """A head: float (1, window, 96) to float (1, classes), whoever trained it."""
    if len(facts.inputs) != 1 or not _fits(facts.inputs[0], (1, 0, EMBEDDING)):
        return None
    maker = _maker(facts)
    window = (facts.inputs[0].shape or (None, None))[1]
    if window is None or not 1 <= window <= HISTORY:
        return refused(
            f"a wake-word head{maker} whose window is {'left open' if window is None else window}",
            f"edged keeps {HISTORY} embeddings; export it with a fixed window of at most that",
        )
    answers = facts.outputs[0].shape if len(facts.outputs) == 1 and facts.outputs[0].type == FLOAT else None
    if not answers or answers[0] not in (None, 1) or any(size is None or size < 1 for size in answers[1:]):
        return refused(
            f"a wake-word head{maker} of a form unknown here: {facts}",
            "it must answer one float32 [1, classes]; export it so",
        )
    classes = 1
    for size in answers[1:]:
        classes *= size or 1
    many = f", {classes} outputs" if classes > 1 else ""
    return taken(f"a wake-word head{maker}, window {window}{many}", "head", path)


def _maker(facts: Onnx) -> str:
    """Return who trains heads like this, as far as it can be told."""
    if [tensor.name for tensor in (*facts.inputs, *facts.outputs)] == ["embeddings", "score"]:
        return " of livekit-wakeword"  # the names its export gives
    return " of openWakeWord's shape"


def _vad(facts: Onnx, path: Path) -> Verdict | None:
    """Silero's detector, in the two generations that the CPU backend runs."""
    inputs = {tensor.name: tensor for tensor in facts.inputs}
    states: Mapping[frozenset[str], tuple[str, tuple[str, ...], int]] = {
        frozenset({"input", "sr", "state"}): ("generation 5 or 6", ("state",), 128),
        frozenset({"input", "sr", "h", "c"}): ("generation 4", ("h", "c"), 64),
    }
    found = states.get(frozenset(inputs))
    if found is None or len(facts.outputs) != len(found[1]) + 1:
        return None
    generation, names, width = found
    if not all(_fits(inputs[name], (2, 1, width)) for name in names) or not _fits(inputs["input"], (0, 0)):
        return None
    return taken(f"silero's voice activity detector, {generation}", "vad", path)


def _foreign(facts: Onnx, _path: Path) -> Verdict | None:
    """What others use for the same purposes, by the shape of its first input."""
    first = facts.inputs[0] if facts.inputs else Tensor("", None, None)
    last = facts.outputs[0].shape if facts.outputs else None
    if _fits(first, (0, MEL_WINDOW, MEL_BINS, 1)) and last and last[-1] == EMBEDDING:
        return refused(
            "a speech embedding like openWakeWord's, in another edition",
            "edged's exact streaming form is made for one edition: edged models pull embedding",
        )
    if _fits(first, (0, 0)) and last and len(last) == 4 and last[-1] == MEL_BINS:
        return refused(
            "a melspectrogram like openWakeWord's, in another edition",
            "edged uses one edition: edged models pull melspectrogram",
        )
    for shape, rank, what, way_out in FOREIGN:
        if _fits(first, shape) and last is not None and len(last) == rank:
            return refused(what, way_out)
    return None


USE_SILERO = "edged uses silero's: edged models pull silero_vad"
FOREIGN: tuple[tuple[tuple[int, ...], int, str, str], ...] = (
    ((0, 29, 13), 2, "a wake word of Mycroft Precise (on 29 frames of 13 MFCC)", HEADS_ONLY),
    ((0, 98, 32), 2, "a keyword classifier on 98 mel frames of 32 bands (DS-CNN)", HEADS_ONLY),
    ((1, 1, 40, 151), 2, "a keyword classifier on 151 frames of 40 features (BC-ResNet)", HEADS_ONLY),
    ((1, 257, 1, 2), 4, "a noise suppressor (GTCRN)", NOT_BUILT),
    ((0, 3, 41), 3, "a voice activity detector (TEN VAD)", USE_SILERO),
    ((1, 0, 400), 3, "a voice activity detector (FunASR's FSMN VAD)", USE_SILERO),
)
"""First input, 0 for any size; dimensions of the first output; what it is; way out.
Shapes: read off the makers' published models."""


def _fits(tensor: Tensor, shape: tuple[int, ...]) -> bool:
    """Compare a float tensor with a shape: 0 fits any size, and a size left open fits 1."""
    if tensor.type != FLOAT or tensor.shape is None or len(tensor.shape) != len(shape):
        return False
    return all(
        wanted in (0, found) or (found is None and wanted == 1)
        for found, wanted in zip(tensor.shape, shape, strict=True)
    )
