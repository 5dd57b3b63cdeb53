"""The text file is whole at any time."""

import pytest

from edged.errors import SinkError
from edged.telemetry.textfile import write


def test_a_file_takes_the_place_of_the_one_before_and_leaves_nothing_beside(tmp_path):
    file = tmp_path / "edged.prom"
    write(str(file), b"a 1\n")
    first = file.stat().st_ino
    write(str(file), b"a 2\n")
    assert file.read_bytes() == b"a 2\n"
    assert file.stat().st_ino != first
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_written_is_said_and_the_one_before_stays(tmp_path):
    with pytest.raises(SinkError, match=r"metrics: cannot write .*/none/edged.prom: No such file"):
        write(str(tmp_path / "none" / "edged.prom"), b"a 1\n")
    (tmp_path / "edged.prom").mkdir()
    with pytest.raises(SinkError):
        write(str(tmp_path / "edged.prom"), b"a 1\n")
    assert [file.name for file in tmp_path.iterdir()] == ["edged.prom"]
