"""Releases pulled from mirrors: every failure leaves the old state or the new one, never half of one."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edged.catalog.known import Release, known
from edged.catalog.pull import pull
from edged.catalog.read import read_model
from edged.catalog.verify import verify
from edged.errors import ModelError
from tests.catalog.mirror import (
    ARCHIVE,
    FILES,
    NAME,
    breaks,
    catalog,
    inside,
    redirect,
    serving,
    status,
    tar,
    zipped,
)
from tests.catalog.test_pull import leftovers, visible
from tests.catalog.wheelhouse import CONTENTS, catalog_of, make_wheel

ROOT = Path(__file__).parents[2]
RAW = tar(inside())
OTHER = {**FILES, "model.int8.onnx": b"?" + FILES["model.int8.onnx"][1:]}
ONE_BY_ONE = {f"one/{name}": data for name, data in FILES.items()}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def place(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def mirror():
    with serving(**{ARCHIVE: RAW, **ONE_BY_ONE}) as mirror:
        yield mirror


def get(place: Path, entries, source=None, **options):
    (pulled,) = pull(["tiny-asr"], place, source, catalog=entries, sleep=lambda _: None, **options)
    return pulled


def contents(place: Path) -> dict[str, bytes]:
    folder = place / "tiny-asr"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "model.toml"}


def whole(place: Path) -> None:
    verify(read_model(place / "tiny-asr"))
    assert contents(place) == FILES
    assert (visible(place), leftovers(place)) == (["tiny-asr"], [])


def test_an_archive_becomes_a_model_and_its_sha256_is_recorded(place, mirror):
    pulled = get(place, catalog([mirror.url]))
    whole(place)
    assert pulled.fresh
    assert pulled.model == read_model(place / "tiny-asr")
    assert pulled.model.unverified
    assert pulled.model.source == f"{NAME} ({mirror.url}{ARCHIVE})"
    again = get(place, catalog([mirror.url]))
    assert (again.fresh, again.model, len(mirror.asked)) == (False, pulled.model, 1)


def test_what_the_catalog_vouches_for_is_verified(place, mirror):
    assert not get(place, catalog([mirror.url], promised=True)).model.unverified
    whole(place)


def test_a_catalog_that_learns_the_sha256_later_verifies_what_is_there(place, mirror):
    get(place, catalog([mirror.url]))
    again = get(place, catalog([mirror.url], promised=True))
    assert (again.fresh, again.model.unverified, len(mirror.asked)) == (False, False, 1)
    assert not read_model(place / "tiny-asr").unverified


def test_a_catalog_that_learns_another_sha256_later_replaces_what_is_there(place, mirror):
    mirror.content[f"/{ARCHIVE}"] = tar(inside(OTHER))
    get(place, catalog([mirror.url]))
    mirror.content[f"/{ARCHIVE}"] = RAW
    assert get(place, catalog([mirror.url], promised=True)).fresh
    whole(place)


def test_a_damaged_model_is_fetched_again_and_must_be_what_was_recorded(place, mirror):
    get(place, catalog([mirror.url]))
    file = place / "tiny-asr" / "tokens.txt"
    file.write_bytes(b"damaged")
    mirror.content[f"/{ARCHIVE}"] = tar(inside(OTHER))
    with pytest.raises(ModelError, match=r"not the file that was recorded at .*remove .*tiny-asr"):
        get(place, catalog([mirror.url]))
    assert file.read_bytes() == b"damaged"
    assert leftovers(place) == []
    mirror.content[f"/{ARCHIVE}"] = RAW
    get(place, catalog([mirror.url]))
    whole(place)


def test_single_files_are_fetched_one_by_one(place, mirror):
    pulled = get(place, catalog([], [mirror.url + "one/"]))
    whole(place)
    assert pulled.model.source == f"{NAME} ({mirror.url}one/)"
    assert [path for path, _ in mirror.asked] == ["/one/model.int8.onnx", "/one/tokens.txt"]


@pytest.mark.parametrize("fault", ["absent", "damaged", "wrong", "gone"])
def test_the_next_source_is_asked_where_one_fails(place, mirror, fault):
    with serving() as first:
        first.content[f"/{ARCHIVE}"] = {"damaged": RAW[:5000], "wrong": tar(inside(OTHER))}.get(fault, b"")
        entries = catalog([first.url], [mirror.url + "one/"], promised=True)
        if fault == "absent":
            first.content.clear()
        if fault != "gone":
            get(place, entries)
    if fault == "gone":  # nobody listens there any more
        get(place, entries)
    whole(place)


def test_no_source_is_one_sentence_with_a_reason_for_each(place, mirror):
    mirror.content = {f"/{ARCHIVE}": RAW[:5000]}
    with pytest.raises(ModelError) as caught:
        get(place, catalog([mirror.url], [mirror.url + "one/"]))
    said = str(caught.value)
    assert said.startswith("tiny-asr: no source has it: ")
    assert "damaged or no archive" in said
    assert "one/model.int8.onnx: answers 404" in said
    assert "\n" not in said
    assert (visible(place), leftovers(place)) == ([], [])


FAULTS = {
    "404": [status(404)],
    "429 for ever": [status(429)] * 50,
    "asked to wait a day": [status(429, Retry_After="86400")],
    "500": [status(500)] * 50,
    "redirect loop": [redirect(f"/{ARCHIVE}")] * 50,
    "breaks at once": [breaks(0)] * 50,
    "breaks in the head": [breaks(-30)] * 50,
    "a web page": [lambda handler: handler.answer(200, b"<html>", Content_Type="text/html")],
    "truncated, and calls it whole": [lambda handler: handler.answer(200, RAW[: len(RAW) // 2])],
    "something else": [lambda handler: handler.answer(200, b"nothing like it" * 100)],
    "wrong contents": [lambda handler: handler.answer(200, tar(inside(OTHER)))],
    "a member is missing": [lambda handler: handler.answer(200, tar({f"{NAME}/tokens.txt": b"x"}))],
    "a member is empty": [lambda handler: handler.answer(200, tar(inside({**FILES, "tokens.txt": b""})))],
    "endless": [lambda handler: handler.answer(200, b"x", length=1 << 50)],
}


@pytest.mark.parametrize("before", ["nothing", "old"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_leaves_the_state_before_and_the_next_pull_succeeds(place, mirror, fault, before):
    entries = catalog([mirror.url], promised=True)
    if before == "old":
        get(place, catalog([mirror.url], promised=True))
        (place / "tiny-asr" / "tokens.txt").write_bytes(b"damaged")
    old = contents(place) if before == "old" else None
    mirror.plan = list(FAULTS[fault])
    with pytest.raises(ModelError) as caught:
        get(place, entries)
    assert "\n" not in str(caught.value)
    assert (contents(place) if old else visible(place)) == (old or [])
    assert set(leftovers(place)) <= {".halves"}
    mirror.plan = []
    get(place, entries)
    whole(place)


def test_a_link_that_breaks_again_and_again_delivers_in_the_end(place, mirror):
    mirror.plan = [breaks(100), status(503), breaks(2000), redirect(f"/{ARCHIVE}"), breaks(500)]
    get(place, catalog([mirror.url], promised=True))
    whole(place)


def test_a_half_waits_for_the_next_pull_of_that_model_and_no_longer(place, mirror, tmp_path):
    mirror.plan = [breaks(1000)] + [status(503)] * 5
    with pytest.raises(ModelError, match="given up"):
        get(place, catalog([mirror.url]))
    assert leftovers(place) == [".halves"]
    wheel = make_wheel(tmp_path / "house")
    pull(["hey_you"], place, wheel, catalog=catalog_of(wheel))
    assert leftovers(place) == []


def test_a_half_of_one_server_is_not_continued_at_another(place, mirror):
    with serving(**{ARCHIVE: tar(inside(OTHER))}) as other:
        other.plan = [breaks(1000)] + [status(503)] * 5
        with pytest.raises(ModelError):
            get(place, catalog([other.url]))
    get(place, catalog([mirror.url]))
    whole(place)
    assert mirror.asked[0][1] is None


def test_files_of_two_servers_are_not_put_together(place, mirror):
    with serving() as other:
        other.plan = [lambda handler: handler.answer(200, OTHER["model.int8.onnx"])] + [status(503)] * 5
        get(place, catalog([], [other.url, mirror.url + "one/"]))
    whole(place)


def test_a_server_that_does_not_answer_is_waited_for_once_and_leaves_nothing(place, mirror):
    mirror.plan = [status(503)] * 50
    with pytest.raises(ModelError, match=r"^http\S+: answers 503 \(given up after 5 attempts\)$"):
        get(place, catalog(["https://nowhere.invalid/"]), mirror.url)
    assert len(mirror.asked) == 5
    assert leftovers(place) == []


def test_a_full_disk_is_known_before_anything_is_fetched(place, mirror):
    entries = catalog([mirror.url])
    with pytest.raises(ModelError, match=r"5\.0 MB are needed for a moment, 4\.9 MB are free"):
        get(place, entries, free=lambda _: 4_900_000)
    assert mirror.asked == []


def test_a_server_that_has_more_than_the_disk_can_take_is_left_at_its_head(place, mirror):
    left = iter([10_000_000, 1_000_000])
    with pytest.raises(ModelError, match=r"1\.0 MB are free"):
        get(place, catalog([mirror.url], [mirror.url + "one/"]), free=lambda _: next(left))
    assert len(mirror.asked) == 1
    assert visible(place) == []


CHILD = """
import sys
from pathlib import Path
from edged.catalog.pull import pull
from tests.catalog.mirror import catalog
say = (lambda *what: print(*what, flush=True)) if sys.argv[3:] else (lambda *what: None)
pull(["tiny-asr"], Path(sys.argv[1]), catalog=catalog([sys.argv[2]], promised=True), progress=say)
"""


def child(*arguments: str, shell: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, *arguments]
    if shell:
        command = ["/bin/sh", "-c", f'{shell}; exec "$@"', "sh", *command]
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True)


def test_a_file_that_cannot_be_written_whole_leaves_nothing_installed(place, mirror):
    with child(str(place), mirror.url, shell="ulimit -f 100") as failed:
        _, said = failed.communicate(timeout=60)
    assert said.splitlines()[-1].endswith("File too large (choose a folder with --dir)")
    assert visible(place) == []
    get(place, catalog([mirror.url], promised=True))
    whole(place)


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_pull_killed_in_the_middle_is_continued_by_the_next(place, mirror, signum):
    held = threading.Event()

    def hold(handler):
        handler.answer(200, RAW[:2000], length=len(RAW))
        handler.wfile.flush()
        held.wait(60)

    mirror.plan = [hold]
    with child(str(place), mirror.url, "say") as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline().split() == [ARCHIVE, "2000", str(len(RAW))]
        killed.send_signal(signum)
        assert killed.wait(30) == -signum
    held.set()
    assert (visible(place), sorted(leftovers(place))[0]) == ([], ".halves")
    get(place, catalog([mirror.url], promised=True))
    whole(place)
    assert [wanted for _, wanted in mirror.asked] == [None, "bytes=2000-"]


def test_pulls_at_the_same_time_fetch_it_once(place, mirror):
    children = [child(str(place), mirror.url) for _ in range(3)]
    for each in children:
        with each:
            assert each.wait(60) == 0, each.stderr
    whole(place)
    assert len(mirror.asked) == 1


def house(folder: Path, form: str) -> Path:
    """What a person may name with --from."""
    folder.mkdir()
    if form in ("folder of archives", "archive"):
        (folder / ARCHIVE).write_bytes(RAW)
        return folder / ARCHIVE if form == "archive" else folder
    if form == "zip":
        (folder / "other-name.zip").write_bytes(zipped(inside()))
        return folder / "other-name.zip"
    for name, data in FILES.items():
        (folder / NAME).mkdir(exist_ok=True)
        (folder / NAME / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("form", ["folder of archives", "archive", "zip", "folder of folders"])
def test_a_folder_or_archive_on_this_disk_takes_the_place_of_the_network(place, tmp_path, form):
    path = house(tmp_path / "house", form)
    pulled = get(place, catalog(["https://nowhere.invalid/"]), path)
    whole(place)
    assert pulled.model.source == f"{NAME} ({path})"


def test_what_is_not_on_this_disk_is_one_sentence(place, tmp_path):
    with pytest.raises(ModelError, match=rf"{ARCHIVE}: no such archive, and no folder {NAME} beside it"):
        get(place, catalog(["https://nowhere.invalid/"]), tmp_path)
    with pytest.raises(ModelError, match=r"model\.int8\.onnx: no such file"):
        get(place, catalog([], ["https://nowhere.invalid/"]), tmp_path)


@pytest.mark.parametrize("form", ["archive", "the archive itself", "files"])
def test_a_web_mirror_takes_the_place_of_every_other_source(place, mirror, form):
    mirror.content = {f"/m/{ARCHIVE}": RAW}
    if form == "files":
        mirror.content = {f"/m/{NAME}/{name}": data for name, data in FILES.items()}
    address = f"{mirror.url}m/{ARCHIVE}" if form == "the archive itself" else f"{mirror.url}m"
    get(place, catalog(["https://nowhere.invalid/"]), address)
    whole(place)


def test_a_web_mirror_has_wheels_too(place, tmp_path):
    wheel = make_wheel(tmp_path / "house")
    with serving(**{wheel.name: wheel.read_bytes()}) as mirror:
        pulled = pull(["hey_you", "hey_me"], place, mirror.url, catalog=catalog_of(wheel))
    assert [each.model.source for each in pulled] == ["tiny-heads 1.0 (wheel)"] * 2
    assert len(mirror.asked) == 1
    assert visible(place) == sorted(CONTENTS)
    assert leftovers(place) == []


def test_the_mirror_is_asked_before_the_catalogs_own_addresses(place, mirror):
    with serving(**{ARCHIVE: RAW}) as near:
        get(place, catalog([mirror.url]), mirror=near.url)
        assert (len(near.asked), len(mirror.asked)) == (1, 0)
        near.content.clear()
        (place / "tiny-asr" / "tokens.txt").unlink()
        get(place, catalog([mirror.url]), mirror=near.url)
        assert (len(near.asked), len(mirror.asked)) == (3, 1)
    whole(place)


RELEASES = {e.origin.name: e.origin for e in known().values() if isinstance(e.origin, Release)}


@pytest.mark.parametrize("name", RELEASES)
def test_every_published_address_of_the_catalog_is_https(name):
    release = RELEASES[name]
    assert [url for url in release.archives + release.files if not url.startswith("https://")] == []
