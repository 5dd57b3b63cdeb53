import pytest

from edged.catalog.read import read_model
from edged.catalog.verify import check, verify
from edged.errors import ModelError
from tests.catalog.sheets import CONTENTS, install_head


def test_a_whole_model_passes(tmp_path):
    verify(read_model(install_head(tmp_path)))


def test_one_flipped_bit_is_found_by_verify_and_named(tmp_path):
    folder = install_head(tmp_path)
    model = read_model(folder)
    (folder / "hey_you.onnx").write_bytes(bytes([CONTENTS[0] ^ 1]) + CONTENTS[1:])
    check(model)
    with pytest.raises(ModelError, match=r"hey_you\.onnx: damaged or another file"):
        verify(model)


@pytest.mark.parametrize("contents", [CONTENTS[:-1], CONTENTS + b"x"])
def test_another_size_is_found_without_reading(tmp_path, contents):
    folder = install_head(tmp_path)
    (folder / "hey_you.onnx").write_bytes(contents)
    with pytest.raises(ModelError, match=rf"hey_you\.onnx: {len(contents)} bytes instead of 45"):
        check(read_model(folder))


def test_absent_empty_and_no_files_are_told_apart(tmp_path):
    folder = install_head(tmp_path)
    file = folder / "hey_you.onnx"
    file.write_bytes(b"")
    with pytest.raises(ModelError, match="not a file with contents"):
        check(read_model(folder))
    file.unlink()
    with pytest.raises(ModelError, match="No such file"):
        check(read_model(folder))
    file.mkdir()
    with pytest.raises(ModelError, match="not a file with contents"):
        check(read_model(folder))


def test_a_damaged_known_model_says_how_to_mend_it(tmp_path):
    folder = install_head(tmp_path, "hey_jarvis")
    (folder / "hey_jarvis.onnx").unlink()
    with pytest.raises(ModelError, match="edged models pull hey_jarvis"):
        verify(read_model(folder))
