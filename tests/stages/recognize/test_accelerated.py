"""A build for the NPU is told by what it links; its texts are believed once it understood a known one."""

from dataclasses import replace
from pathlib import Path

import pytest

from edged.backends.verdict import Hopeless, Refused
from edged.catalog.model_file import ModelFile
from edged.errors import ModelError
from edged.stages.recognize import loading
from edged.stages.recognize.accelerated import CORES, FAMILIES, believable, built_for_npu, needed, suits
from edged.stages.recognize.compiled import check_compiled
from edged.stages.recognize.families import FAMILIES as KNOWN
from edged.stages.recognize.preflight import preflight
from tests.backends.rknn.artifacts import rknn_file
from tests.machines import put
from tests.stages.recognize import tiny_ctc

LINKED, TO_BE_LINKED = b"libpthread.so.0\0", b"librknnrt.so\0\0\0\0"


@pytest.fixture
def package(tmp_path):
    """The installed sherpa-onnx, as if it had been built for RKNN."""
    import sherpa_onnx

    library = next(Path(sherpa_onnx.__file__).parent.glob("lib/libsherpa-onnx-c-api.so"))
    whole = library.read_bytes()
    assert whole.count(LINKED) == 1
    copy = tmp_path / "sherpa_onnx" / "lib" / "_sherpa_onnx.cpython-311-aarch64-linux-gnu.so"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(whole.replace(LINKED, TO_BE_LINKED))
    return copy.parents[1]


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A machine with Rockchip's runtime."""
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path / "board"))
    put(tmp_path / "board", "/usr/lib/librknnrt.so", "")


def test_the_wheel_of_pypi_is_not_built_for_the_npu(board):
    assert "is not built for RKNN (nothing in it needs librknnrt.so)" in built_for_npu()


def test_a_build_that_links_the_runtime_is_where_the_runtime_is(package, board, monkeypatch, tmp_path):
    assert "librknnrt.so" in needed(next(package.glob("lib/*.so")))
    assert built_for_npu(package) is None
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path / "elsewhere"))
    assert built_for_npu(package) == "librknnrt.so is missing, which the installed sherpa-onnx needs"


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF\x02\x01\x01" + bytes(60), b"MZ" * 400])
def test_what_is_no_library_needs_nothing(tmp_path, content):
    file = tmp_path / "x.so"
    file.write_bytes(content)
    assert needed(file) == ()
    assert needed(tmp_path) == ()


def test_a_choice_of_cores_is_what_sherpa_onnx_takes_for_threads():
    assert CORES == {"auto": 1, "0": 0, "1": -1, "2": -2, "0_1": -3, "0_1_2": -4}


def test_every_family_for_the_npu_is_one_that_edged_has():
    assert all(set(modes) <= set(KNOWN[family]) for family, modes in FAMILIES.items())


@pytest.fixture
def model(tmp_path):
    """A model that could be proven."""
    tiny = tiny_ctc.make(tmp_path / "tiny")
    facts = replace(tiny.recognizer, family="sense-voice", probe_text="turn it on")
    return replace(
        tiny, recognizer=facts, files={**tiny.files, "probe": ModelFile(Path("x.wav"), None, None)}
    )


def test_a_model_must_be_of_a_family_that_runs_there_and_name_what_proves_it(package, board, model):
    suits(model, "offline", package)
    with pytest.raises(Hopeless, match="streaming sense-voice does not run there; transducer"):
        suits(model, "streaming", package)
    with pytest.raises(Hopeless, match=r"is unproven: its model\.toml names no recording"):
        suits(replace(model, recognizer=replace(model.recognizer, probe_text="")), "offline", package)
    with pytest.raises(Hopeless, match="is unproven"):
        suits(replace(model, files={}), "offline", package)


def test_case_and_punctuation_do_not_matter_and_words_do(model):
    believable(model, "Turn it ON.")
    with pytest.raises(Refused, match="understands 'turn it off' where 'turn it on' was said"):
        believable(model, "turn it off")
    with pytest.raises(Refused):
        believable(model, "")


def test_a_process_that_is_asked_for_an_npu_it_has_not_refuses_before_it_dies(model):
    request = replace(loading.request(model, "offline"), provider="rknn", threads=-1)
    with pytest.raises(ModelError, match="provider 'rknn': the installed sherpa-onnx is not built for RKNN"):
        preflight(request)


def test_compiled_files_are_read_before_sherpa_onnx_reads_them(tmp_path):
    form = KNOWN["sense-voice"]["offline"]
    (role,) = form.graphs
    path = tmp_path / "model.rknn"
    load = replace(loading.request(tiny_ctc.make(tmp_path / "tiny"), "offline"), files={role: str(path)})
    path.write_bytes(rknn_file(b"part", [("x", [1, 10])], [("y", [1, 5])]))
    assert check_compiled(load, form)["timed"] == 1
    path.write_bytes(rknn_file(b"part", [("x", [1, 10])], [("y", [1, 5])], target_platform=["rk3566"]))
    with pytest.raises(ModelError, match="compiled for rk3566, not for rk3588"):
        check_compiled(load, form)
    path.write_bytes(b"\x08\x0a onnx")
    with pytest.raises(ModelError, match="not compiled for an NPU"):
        check_compiled(load, form)
    path.write_bytes(rknn_file(b"part", [("x", [1, 10])], [("y", [1, 5])])[:-9])
    with pytest.raises(ModelError, match="cannot be read as an RKNN file"):
        check_compiled(load, form)
