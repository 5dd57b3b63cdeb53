"""What a file is: its format first, then, for ONNX, its use."""

import hashlib
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from edged.catalog.known import known
from edged.catalog.manifest import Model
from edged.catalog.sniff import rknn, tflite
from edged.catalog.sniff.formats import by_first_bytes, is_sentencepiece
from edged.catalog.sniff.graphs import judge_onnx
from edged.catalog.sniff.onnx import Onnx, read_onnx
from edged.catalog.sniff.pages import Malformed, Pages
from edged.catalog.sniff.verdict import Verdict, refused
from edged.errors import ModelError

AGAIN = "get it again"


def sniff_file(path: Path) -> Verdict:
    """Say what a file is.

    Raises:
        ModelError: it is absent, no file, or cannot be read.
    """
    with opened(path) as (file, size):
        found = contents(file, size)
        if isinstance(found, Verdict):
            return found
        entry = _in_catalog(file, size)
    if entry is not None:
        target = entry.files["model"].path.name
        file_now = replace(entry.files["model"], path=path)
        return Verdict(
            f"the catalog's {entry.name}, kind {entry.kind}",
            model=replace(entry, folder=path.parent, files={"model": file_now}),
            targets={"model": target},
        )
    return judge_onnx(found, path)


@contextmanager
def opened(path: Path) -> Generator[tuple[BufferedReader, int]]:
    """Open a regular file and no other: a pipe would wait, a device has no end.

    Raises:
        ModelError: it is absent, no file, or cannot be read, also later.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ModelError(f"{path}: neither a file nor a folder")
        with path.open("rb") as file:
            yield file, found.st_size
    except (OSError, ValueError) as exc:  # ValueError: a path with a NUL in it
        raise ModelError(f"{path}: {getattr(exc, 'strerror', None) or exc}") from exc


def contents(file: BinaryIO, size: int) -> Onnx | Verdict:
    """Tell by its contents what a file of `size` bytes is.

    An ONNX model is left to those who know its use. Memory and time are bounded whatever it holds.

    Raises:
        OSError: the disk refuses.
    """
    if size == 0:
        return refused("an empty file", AGAIN)
    pages = Pages(file, size)
    kind = "a file"
    try:
        head = pages.head(8)
        if head[:4] == rknn.MAGIC:
            kind = "an RKNN model"
            return rknn.judge_rknn(rknn.read_rknn(pages))
        if head[4:] == tflite.MAGIC:
            kind = "a TFLite model"
            return tflite.judge_tflite(*tflite.read_tflite(pages))
        verdict = by_first_bytes(pages)
        if verdict is not None:
            return verdict
        kind = "an ONNX model by its beginning"
        facts = read_onnx(pages)
        if facts is not None:
            return facts
        if is_sentencepiece(pages):
            return refused("a SentencePiece vocabulary", "it is a part of a recognizer; import its folder")
    except Malformed as exc:
        return refused(f"{kind}, damaged ({exc})", AGAIN)
    return refused("nothing that edged knows", "it takes ONNX wake-word heads, silero VADs and recognizers")


def _in_catalog(file: BufferedReader, size: int) -> Model | None:
    """Return the model of the catalog that this very file is: a renamed one keeps its licence."""
    entries = [entry.model(Path("/")) for entry in known().values()]
    fits = [model for model in entries if set(model.files) == {"model"} and model.files["model"].size == size]
    if not fits:
        return None
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    return next((model for model in fits if model.files["model"].sha256 == digest), None)
