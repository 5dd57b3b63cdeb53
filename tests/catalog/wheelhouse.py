"""Small wheels, and catalogs that know what is in them."""

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from edged.catalog.known import Known, read_catalog

CONTENTS = {"hey_you": b"you" * 100_000, "hey_me": b"me" * 50_000}
FILE = "tiny_heads-1.0-py3-none-any.whl"


def make_wheel(folder: Path, contents: Mapping[str, bytes] = CONTENTS, file: str = FILE) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    info = "tiny_heads-1.0.dist-info"
    members = {f"tiny_heads/{name}.onnx": data for name, data in contents.items()} | {
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-heads\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    path = folder / file
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return path


def catalog_toml(wheel: Path, sha256: str | None = None, description: str = "A test.") -> str:
    """What knows CONTENTS as members of `wheel`."""
    raw = wheel.read_bytes()
    text = f"""
[[wheel]]
name = "tiny-heads"
version = "1.0"
file = "{wheel.name}"
sha256 = "{sha256 or hashlib.sha256(raw).hexdigest()}"
bytes = {len(raw)}
"""
    for name, data in CONTENTS.items():
        text += f"""
[[model]]
name = "{name}"
kind = "head"
wheel = "tiny-heads"
licence = "CC-BY-NC-SA-4.0"
description = "{description}"
[model.files.model]
path = "{name}.onnx"
member = "tiny_heads/{name}.onnx"
sha256 = "{hashlib.sha256(data).hexdigest()}"
bytes = {len(data)}
"""
    return text


def catalog_of(wheel: Path, sha256: str | None = None, description: str = "A test.") -> Mapping[str, Known]:
    return read_catalog(catalog_toml(wheel, sha256, description).encode())
