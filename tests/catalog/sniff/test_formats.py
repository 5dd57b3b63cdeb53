# ruff: noqa: E501 - a table is read by its rows

import gzip
import io
import json
import os
import pickle  # noqa: TID251 - to show that none is opened
import tarfile
import zipfile

import flatbuffers
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.catalog.sniff.file import contents, sniff_file
from edged.catalog.sniff.onnx import Onnx
from edged.errors import ModelError


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("a-pickle-was-run",)


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, b"contents")
    return out.getvalue()


def tarred():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("model.onnx")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"\x08\x07\x3a\x00"))
    return out.getvalue()


def rknn(description, version=6):
    text = description if isinstance(description, bytes) else json.dumps(description).encode()
    head = b"RKNN" + bytes(4) + version.to_bytes(8, "little") + (16).to_bytes(8, "little")
    return head.ljust(64, b"\0") + bytes(16) + len(text).to_bytes(8, "little") + text


def numpy_file():
    out = io.BytesIO()
    np.save(out, np.zeros(3))
    return out.getvalue()


FORMATS = {
    "empty": (b"", "an empty file: get it again"),
    "zip": (zipped("model.onnx"), "a zip archive: unpack it"),
    "PyTorch": (zipped("archive/data.pkl", "archive/data/0"), "a PyTorch checkpoint: it is a pickle, could run anything"),
    "npz": (zipped("x.npy"), "numpy arrays (.npz)"),
    "npy": (numpy_file(), "a numpy array"),
    "gzip": (gzip.compress(b"x"), "a gzip archive: unpack it"),
    "tar": (tarred(), "a tar archive: unpack it"),
    "bzip2": (b"BZh91AY&SY", "a bzip2 archive: unpack it"),
    "pickle": (pickle.dumps(Bomb()), "a Python pickle"),
    "old pickle of PyTorch": (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "a Python pickle"),
    "safetensors": (b"\x10\0\0\0\0\0\0\0" + b'{"w": [1, 2, 3]}' + bytes(12), "a safetensors file"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(90), "a Keras or HDF5 file"),
    "program": (b"\x7fELF\x02\x01\x01", "a program or library"),
    "FAR": (b"\x5c\xf3\xb2\x7e" + bytes(60), "an OpenFst archive: edged applies no text rules yet"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 854246\n", "a git-lfs pointer"),
    "html": (b"\n<!DOCTYPE html><html><body>404</body></html>", "a web page: the download went wrong"),
    "json": (b'{"model_type": "head"}', "a text file: it is no model"),
    "toml": (b'name = "hey_you"\nkind = "head"\n', "a text file: it is no model"),
    "text cut in a letter": ("ä".encode() * 4000, "a text file: it is no model"),
    "wav": (b"RIFF\x24\0\0\0WAVEfmt ", "a recording"),
    "flac": (b"fLaC\0\0\0\x22", "a recording"),
    "RKNN of a float": (rknn({"target_platform": 3, "version": "2.3.2"}), "an RKNN model, damaged"),
    "RKNN for two": (rknn({"target_platform": ["rk3576", "rk3588"], "version": "2.3.2"}), "an RKNN model for rk3576, rk3588"),
    "RKNN without description": (rknn(b""), "an RKNN model, damaged"),
    "RKNN of brackets": (rknn(b"[" * 100_000), "an RKNN model, damaged"),
    "RKNN of a long description": (rknn(b" " * (2 << 20)), "an RKNN model, damaged (a part of 2097152 bytes where a short"),
    "RKNN cut": (rknn({"target_platform": ["rk3588"], "version": "2"})[:-4], "an RKNN model, damaged (cut short)"),
    "RKNN with colours": (rknn({"target_platform": ["\x1b[31m"], "version": "2"}), "an RKNN model for ?[31m,"),
    "TFLite cut": (b"\x1c\0\0\0TFL3\x14\0 \0", "a TFLite model, damaged"),
    "ONNX cut": (b"\x08\x07\x3a\x50\x0a", "an ONNX model by its beginning, damaged (cut short)"),
    "noise": (bytes(range(255, 128, -1)), "nothing that edged knows"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_is_refused_by_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raw, what = FORMATS[name]
    path = tmp_path / "hey_you.onnx"  # the name says nothing
    path.write_bytes(raw)
    verdict = sniff_file(path)
    assert verdict.model is None
    assert verdict.sentence.startswith(what)
    assert verdict.way_out
    assert sorted(tmp_path.iterdir()) == [path]


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_verdict(raw):
    found = contents(io.BytesIO(raw), len(raw))
    assert isinstance(found, Onnx) or found.way_out


@given(st.binary(max_size=80))
def test_any_tables_of_tflite_end_in_a_verdict(raw):
    whole = b"\x08\0\0\0TFL3" + raw
    assert "TFLite" in contents(io.BytesIO(whole), len(whole)).what


@given(st.integers(8, 400), st.binary(min_size=1, max_size=4))
def test_a_damaged_table_of_tflite_ends_in_a_verdict(at, noise):
    raw = bytearray(tflite((1, 3, 40), 9))
    raw[at : at + len(noise)] = noise
    assert "TFLite" in contents(io.BytesIO(raw), len(raw)).what


@given(st.text(min_size=1, max_size=200))
def test_text_is_never_a_model(text):
    found = contents(io.BytesIO(text.encode()), len(text.encode()))
    assert not isinstance(found, Onnx)


def tflite(shape, kind):
    """A TFLite file with one tensor, input and output at once; made with the package that onnxruntime brings."""
    build = flatbuffers.Builder()

    def table(**slots):
        build.StartObject(3)
        for slot, (add, value) in slots.items():
            add(int(slot[1:]), value, 0)
        return build.EndObject()

    def vector(add, values, size=4):
        build.StartVector(size, len(values), size)
        for value in reversed(values):
            add(value)
        return build.EndVector()

    offset = build.PrependUOffsetTRelativeSlot
    sizes = vector(build.PrependInt32, shape)
    tensor = table(s0=(offset, sizes), s1=(build.PrependInt8Slot, kind))
    tensors = vector(build.PrependUOffsetTRelative, [tensor])
    ends = vector(build.PrependInt32, [0])
    subgraph = table(s0=(offset, tensors), s1=(offset, ends), s2=(offset, ends))
    subgraphs = vector(build.PrependUOffsetTRelative, [subgraph])
    build.Finish(table(s2=(offset, subgraphs)), b"TFL3")
    return bytes(build.Output())


@pytest.mark.parametrize(
    ("shape", "kind", "what"),
    [
        ((1, 3, 40), 9, "a microWakeWord model (TFLite on 40 spectral features): edged runs heads"),
        ((1, 22, 96), 0, "an openWakeWord head in TFLite form, window 22: edged runs the ONNX form"),
        ((1, 5), 0, "a TFLite model: takes float32 [1, 5], answers float32 [1, 5]: edged runs ONNX"),
        ((1,) * 65, 3, "a TFLite model, damaged (a list of 65 numbers where a few belong): get it again"),
        ((1, 5), 3, "a TFLite model: takes uint8 [1, 5], answers uint8 [1, 5]: edged runs ONNX"),
    ],
)
def test_tflite_is_told_by_its_input(shape, kind, what):
    raw = tflite(shape, kind)
    assert contents(io.BytesIO(raw), len(raw)).sentence.startswith(what)


@pytest.mark.parametrize("kind", ["absent", "pipe", "folder", "NUL"])
def test_what_is_no_file_is_an_error_at_once(kind, tmp_path):
    path = tmp_path / ("a\0b" if kind == "NUL" else kind)
    if kind == "pipe":
        os.mkfifo(path)
    if kind == "folder":
        path.mkdir()
    with pytest.raises(ModelError):
        sniff_file(path)
