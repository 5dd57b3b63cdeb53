"""Files that are told by their first bytes, and what to do with each: nothing is unpacked or unpickled."""

import re

from edged.catalog.sniff.pages import Pages
from edged.catalog.sniff.protobuf import Budget, Message
from edged.catalog.sniff.verdict import Verdict, refused

HEAD = 4096
"""Bytes looked at."""
UNPACK = "unpack it and import the model's file or folder"
LISTEN = "edged listens to it with edged run --source wav:FILE"
TEXT_RULES = "edged applies no text rules yet; a recognizer runs without them"
EXPORT = "export it to ONNX with the program that trained it"

MAGICS: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"\xd6\xfd\xb2\x7e", "an OpenFst transducer", TEXT_RULES),
    (0, (2125656924).to_bytes(4, "little"), "an OpenFst archive", TEXT_RULES),
    (4, b"ORTM", "a model in onnxruntime's ORT format", "import the plain .onnx it was made from"),
    (0, b"PK\x03\x04", "a zip archive", UNPACK),
    (0, b"PK\x05\x06", "an empty zip archive", "get it again"),
    (0, b"\x1f\x8b", "a gzip archive", UNPACK),
    (0, b"BZh", "a bzip2 archive", UNPACK),
    (0, b"\xfd7zXZ\x00", "an xz archive", UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    (0, b"Rar!", "a rar archive", UNPACK),
    (257, b"ustar", "a tar archive", UNPACK),
    (0, b"\x89HDF\r\n", "a Keras or HDF5 file", EXPORT),
    (0, b"GGUF", "a GGUF language model", "edged has no use for it"),
    (0, b"lmgg", "a whisper.cpp model", "edged has no use for it"),
    (0, b"\x93NUMPY", "a numpy array", "edged has no use for it"),
    (0, b"RIFF", "a recording", LISTEN),
    (0, b"fLaC", "a recording", LISTEN),
    (0, b"OggS", "a recording", LISTEN),
    (0, b"ID3", "a recording", LISTEN),
    (0, b"\xff\xfb", "a recording", LISTEN),
    (0, b"\xff\xf3", "a recording", LISTEN),
    (0, b"\xff\xf2", "a recording", LISTEN),
    (0, b"\x7fELF", "a program or library", "edged runs nothing that is given to import"),
    (0, b"\x89PNG", "a picture", "edged has no use for it"),
    (0, b"\xff\xd8\xff", "a picture", "edged has no use for it"),
)  # fmt: skip
"""Offset, bytes, what it is, what to do. OpenFst: fst.h, sttable.h."""

PICKLE = re.compile(rb"\x80[\x02-\x05]")
"""Python's pickle, protocol 2 to 5; PyTorch's old files are a row of them."""
TOKENS = re.compile(r"\S+ \d+")


def by_first_bytes(pages: Pages) -> Verdict | None:
    """Return what the first bytes tell for sure, or None. All of it is refused."""
    head = pages.head(HEAD)
    for at, magic, what, way_out in MAGICS:
        if head[at : at + len(magic)] == magic:
            return refused(*_zip(head) if what == "a zip archive" else (what, way_out))
    if PICKLE.match(head):
        return refused(
            "a Python pickle, as PyTorch and scikit-learn write them",
            f"it could run anything and stays unopened; {EXPORT}",
        )
    if head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < pages.size:
        return refused("a safetensors file: weights without a network", EXPORT)
    return _text(head, whole=len(head) == pages.size)


def _zip(head: bytes) -> tuple[str, str]:
    """A zip's first member tells whose it is; its name is read, not its contents."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if name.endswith((b"data.pkl", b".data/version", b"/byteorder")) or b"/data.pkl" in head:
        return "a PyTorch checkpoint", f"it is a pickle, could run anything and stays unopened; {EXPORT}"
    if name.endswith(b".npy"):
        return "numpy arrays (.npz)", "edged has no use for it"
    return "a zip archive", UNPACK


def _text(head: bytes, whole: bool) -> Verdict | None:
    try:
        text = head.decode()
    except UnicodeDecodeError as exc:
        if whole or exc.start < len(head) - 3:  # a letter may be cut at the end
            return None
        text = head[: exc.start].decode()
    if re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", text):
        return None
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith("version https://git-lfs"):
        return refused(
            "a git-lfs pointer, not the model itself",
            "get the file with git lfs pull, or by its download link",
        )
    if start.startswith(("<!doctype html", "<html")):
        return refused("a web page", "the download went wrong; get the file itself")
    lines = text.splitlines()[:-1] or text.splitlines()
    if lines and all(TOKENS.fullmatch(line.strip()) for line in lines):
        return refused(
            "the tokens of a recognizer", "import the folder that holds it and the recognizer's ONNX files"
        )
    return refused("a text file", "it is no model")


def is_sentencepiece(pages: Pages) -> bool:
    """Tell whether it is a SentencePiece vocabulary: its first field is a piece, text and a 4-byte score.

    Raises:
        Malformed: it begins as one and breaks.
    """
    if pages.head(1) != b"\x0a":
        return False
    _, piece = next(iter(Message(pages, 0, pages.size, Budget())))
    return isinstance(piece, Message) and [number for number, _ in piece][:2] == [1, 2]
