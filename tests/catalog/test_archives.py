"""Archives from anywhere: what is wanted comes out, nothing else does, and damage is one sentence."""

import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edged.catalog.archives import Wanted, unpack
from edged.errors import ModelError
from tests.catalog.mirror import tar, zipped

CONTENTS = {"top/a.onnx": b"a" * 50_000, "top/sub/b.txt": b"b" * 10}
LIMIT = 10_000_000


def take(
    tmp_path: Path, raw: bytes, *members: str, most: int = 60_000, limit: int = LIMIT
) -> dict[str, bytes]:
    path = tmp_path / "archive"
    path.write_bytes(raw)
    out = tmp_path / "out"
    unpack(path, {m: Wanted(out / m, most) for m in members or CONTENTS}, limit)
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize("raw", [tar(CONTENTS), tar(CONTENTS, mode="w"), zipped(CONTENTS)])
def test_members_come_out_as_they_are(tmp_path, raw):
    assert take(tmp_path, raw) == CONTENTS


def test_only_what_is_wanted_comes_out_wherever_the_rest_wants_to_go(tmp_path):
    evil = {"../../up.txt": b"x", "/tmp/abs.txt": b"x", "top/../../up2.txt": b"x"}
    links = [special("top/link", tarfile.SYMTYPE, "/etc"), special("top/sub", tarfile.SYMTYPE, "/")]
    links += [special("pipe", tarfile.FIFOTYPE), special("top/device", tarfile.CHRTYPE)]
    for raw in (tar({**evil, **CONTENTS}, *links), zipped({**evil, **CONTENTS})):
        assert take(tmp_path, raw) == CONTENTS
    assert sorted(p.name for p in tmp_path.iterdir()) == ["archive", "out"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_a_wanted_member_that_is_no_plain_file_is_refused(tmp_path, kind):
    raw = tar({"top/sub/b.txt": b"b"}, special("top/a.onnx", kind, "../../../etc/passwd"))
    with pytest.raises(ModelError, match=r"top/a\.onnx is no plain file"):
        take(tmp_path, raw)


def test_a_link_in_a_zip_is_refused(tmp_path):
    path = tmp_path / "linked.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("top/a.onnx")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ModelError, match="no plain file"):
        take(tmp_path, path.read_bytes(), "top/a.onnx")


@pytest.mark.parametrize("make", [tar, zipped])
def test_a_missing_member_is_named(tmp_path, make):
    with pytest.raises(ModelError, match=r"archive: holds no top/c\.onnx"):
        take(tmp_path, make(CONTENTS), "top/a.onnx", "top/c.onnx")


@pytest.mark.parametrize("make", [tar, zipped])
def test_a_member_may_be_as_long_as_it_may_and_not_longer(tmp_path, make):
    assert take(tmp_path, make(CONTENTS), most=50_000) == CONTENTS
    with pytest.raises(ModelError, match=r"a\.onnx is longer than the 49999 bytes it may have"):
        take(tmp_path, make(CONTENTS), most=49_999)
    assert (tmp_path / "out" / "top" / "a.onnx").stat().st_size <= 50_000


def test_a_tar_that_unpacks_to_more_than_expected_is_left_in_the_middle(tmp_path):
    bomb = tar({"top/junk": bytes(20_000_000), **CONTENTS})
    assert len(bomb) < 10_000
    with pytest.raises(ModelError, match="unpacks to far more than expected"):
        take(tmp_path, bomb)
    header = special("top/x", tarfile.XHDTYPE)  # read whole into memory by whoever believes it
    header.size = 1 << 40
    with pytest.raises(ModelError, match="damaged or no archive"):
        take(tmp_path, tar({"top/junk": bytes(20_000_000)}, header, mode="w"))


@pytest.mark.parametrize(
    "raw", [b"", b"BZh9", b"PK\x03\x04", b"<html>", b"\x00" * 2000, b"version https://git-lfs"]
)
def test_what_is_no_archive_is_one_sentence(tmp_path, raw):
    with pytest.raises(ModelError, match=r"archive: (damaged or no archive|holds no)") as caught:
        take(tmp_path, raw)
    assert "\n" not in str(caught.value)


RAW = {"tar": tar(CONTENTS, mode="w"), "bz2": tar(CONTENTS), "zip": zipped(CONTENTS)}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(RAW)),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=4),
    st.floats(0, 1),
)
def test_a_damaged_archive_is_an_error_or_still_holds_what_is_wanted(tmp_path_factory, form, cuts, keep):
    raw = bytearray(RAW[form])
    for at, filling in cuts:
        where = int(at * (len(raw) - 1))
        raw[where : where + len(filling)] = filling
    if not cuts:
        raw = raw[: int(keep * len(raw))]
    try:
        found = take(tmp_path_factory.mktemp("damaged"), bytes(raw))
    except ModelError as exc:
        assert str(exc).startswith("archive: ")
    else:
        assert set(found) == set(CONTENTS)
