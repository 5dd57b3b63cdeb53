import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from edged.catalog.pull import pull
from edged.catalog.read import read_model
from edged.catalog.verify import verify
from edged.errors import ModelError
from tests.catalog.sheets import install_head
from tests.catalog.wheelhouse import CONTENTS, FILE, catalog_of, catalog_toml, make_wheel

ROOT = Path(__file__).parents[2]


@pytest.fixture
def wheel(tmp_path):
    return make_wheel(tmp_path / "house")


@pytest.fixture
def place(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def offline_pip(wheel, monkeypatch):
    """A pip that knows no index, only the folder of the wheel."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))


def visible(place: Path) -> list[str]:
    """What a search of the place can see."""
    return sorted(path.name for path in place.iterdir() if not path.name.startswith("."))


def leftovers(place: Path) -> list[str]:
    return [path.name for path in place.iterdir() if path.name.startswith(".") and path.name != ".lock"]


def test_a_model_comes_out_of_a_given_wheel_whole(wheel, place):
    (pulled,) = pull(["hey_you"], place, wheel, catalog=catalog_of(wheel))
    assert pulled.fresh
    assert pulled.model == read_model(place / "hey_you")
    assert (pulled.model.licence, pulled.model.source) == ("CC-BY-NC-SA-4.0", "tiny-heads 1.0 (wheel)")
    verify(pulled.model)
    assert (visible(place), leftovers(place)) == (["hey_you"], [])


def test_pip_fetches_one_wheel_once_for_all_its_models(wheel, place, offline_pip):
    pulled = pull(["hey_you", "hey_me", "hey_you"], place, catalog=catalog_of(wheel))
    assert [(each.model.name, each.fresh) for each in pulled] == [("hey_you", True), ("hey_me", True)]
    for each in pulled:
        verify(each.model)
    assert (visible(place), leftovers(place)) == (["hey_me", "hey_you"], [])


def test_what_is_there_and_whole_needs_no_wheel(wheel, place):
    catalog = catalog_of(wheel)
    pull(["hey_you"], place, wheel, catalog=catalog)
    before = (place / "hey_you").stat().st_ino
    shutil.rmtree(wheel.parent)
    (again,) = pull(["hey_you"], place, wheel, catalog=catalog)
    assert not again.fresh
    assert (place / "hey_you").stat().st_ino == before


def test_a_catalog_that_knows_more_renews_the_manifest_alone(wheel, place):
    pull(["hey_you"], place, wheel, catalog=catalog_of(wheel))
    newer = catalog_of(wheel, description="Better known.")
    shutil.rmtree(wheel.parent)
    (again,) = pull(["hey_you"], place, wheel, catalog=newer)
    assert not again.fresh
    assert read_model(place / "hey_you").description == "Better known."


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_a_damaged_model_is_replaced(wheel, place, damage):
    catalog = catalog_of(wheel)
    pull(["hey_you"], place, wheel, catalog=catalog)
    file = place / "hey_you" / "hey_you.onnx"
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(b"!" + CONTENTS["hey_you"][1:] if damage == "flip" else b"short")
    (again,) = pull(["hey_you"], place, wheel, catalog=catalog)
    assert again.fresh
    verify(again.model)
    assert (visible(place), leftovers(place)) == (["hey_you"], [])


def test_a_users_own_model_of_that_name_is_left_alone(wheel, place):
    folder = install_head(place)
    with pytest.raises(ModelError, match="something other than the catalog's hey_you"):
        pull(["hey_you"], place, wheel, catalog=catalog_of(wheel))
    verify(read_model(folder))
    (folder / "model.toml").unlink()
    with pytest.raises(ModelError, match="something other"):
        pull(["hey_you"], place, wheel, catalog=catalog_of(wheel))


def test_wrong_contents_are_refused_and_nothing_is_there(tmp_path, wheel, place):
    catalog = catalog_of(wheel)
    for data, said in [
        (b"YOU" * 100_000, "is not the file promised"),
        (b"you" * 100_001, "is longer than the 300000 bytes it may have"),
        (b"you" * 99_999, "is not the file promised"),
    ]:
        other = make_wheel(tmp_path / "other", {"hey_you": data})
        with pytest.raises(ModelError, match=said):
            pull(["hey_you"], place, other, catalog=catalog)
        assert (visible(place), leftovers(place)) == ([], [])


def test_a_missing_member_is_named_and_earlier_models_stay(tmp_path, wheel, place):
    other = make_wheel(tmp_path / "other", {"hey_you": CONTENTS["hey_you"]})
    with pytest.raises(ModelError, match=r"holds no tiny_heads/hey_me\.onnx"):
        pull(["hey_you", "hey_me"], place, other, catalog=catalog_of(wheel))
    assert (visible(place), leftovers(place)) == (["hey_you"], [])


@pytest.mark.parametrize("keep", [0, 10, 200, 0.5, 0.99])
def test_a_truncated_wheel_is_refused(wheel, place, keep):
    catalog = catalog_of(wheel)
    raw = wheel.read_bytes()
    wheel.write_bytes(raw[: int(keep * len(raw)) if isinstance(keep, float) else keep])
    with pytest.raises(ModelError, match="damaged or no archive"):
        pull(["hey_you"], place, wheel, catalog=catalog)
    assert (visible(place), leftovers(place)) == ([], [])


def test_a_wheel_with_a_flipped_bit_is_refused(wheel, place):
    catalog = catalog_of(wheel)
    with zipfile.ZipFile(wheel) as archive:
        at = archive.getinfo("tiny_heads/hey_you.onnx").header_offset + 80
    raw = bytearray(wheel.read_bytes())
    raw[at] ^= 0x10
    wheel.write_bytes(raw)
    with pytest.raises(ModelError, match=r"damaged or no archive|is not the file promised|is longer than"):
        pull(["hey_you"], place, wheel, catalog=catalog)
    assert (visible(place), leftovers(place)) == ([], [])


def test_pip_refuses_a_wheel_of_another_sha256(wheel, place, offline_pip):
    with pytest.raises(ModelError, match="another sha256 than the catalog's"):
        pull(["hey_you"], place, catalog=catalog_of(wheel, sha256="0" * 64))
    assert (visible(place), leftovers(place)) == ([], [])


def test_a_wheel_that_pip_does_not_find_is_one_sentence(wheel, place, offline_pip):
    catalog = catalog_of(wheel)
    wheel.unlink()
    with pytest.raises(ModelError) as caught:
        pull(["hey_you"], place, catalog=catalog)
    assert FILE in str(caught.value)
    assert "No matching distribution" in str(caught.value)
    assert "--from" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert leftovers(place) == []


def test_an_index_that_does_not_answer_is_told_from_a_missing_wheel(wheel, place, offline_pip, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    with socket.socket() as closed:  # bound and not listening: refused by this very machine
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{closed.getsockname()[1]}/simple")
        monkeypatch.setenv("PIP_RETRIES", "1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with pytest.raises(ModelError, match=r"the package index does not answer \(.*Connection refused"):
            pull(["hey_you"], place, catalog=catalog_of(wheel))
    assert leftovers(place) == []


def test_a_folder_of_wheels_is_searched_by_file_name(tmp_path, wheel, place):
    catalog = catalog_of(wheel)
    pull(["hey_you"], place, wheel.parent, catalog=catalog)
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        ModelError, match=rf"empty/{FILE}: no such wheel .*pip download --no-deps tiny-heads==1\.0"
    ):
        pull(["hey_me"], place, tmp_path / "empty", catalog=catalog)


def test_a_full_disk_is_known_before_anything_is_fetched(wheel, place):
    catalog = catalog_of(wheel)
    missing = wheel.with_name("never-opened.whl")
    with pytest.raises(ModelError, match=r"4\.5 MB are needed for a moment, 4\.0 MB are free"):
        pull(["hey_you"], place, missing, catalog=catalog, free=lambda _: 4_000_000)
    pull(["hey_you"], place, wheel, catalog=catalog, free=lambda _: 4_500_000)


def test_room_for_pips_two_copies_of_the_wheel_is_asked_for(wheel, place, offline_pip):
    room = 300_000 + 2 * wheel.stat().st_size + (4 << 20)
    with pytest.raises(ModelError, match="are free"):
        pull(["hey_you"], place, catalog=catalog_of(wheel), free=lambda _: room - 1)
    pull(["hey_you"], place, catalog=catalog_of(wheel), free=lambda _: room)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up_on_the_way_is_one_sentence(wheel, place):
    pull(["hey_you"], place, wheel, catalog=catalog_of(wheel))
    (place / "hey_you" / "model.toml.new").symlink_to("/dev/full")
    with pytest.raises(ModelError, match="No space left on device"):
        pull(["hey_you"], place, wheel, catalog=catalog_of(wheel, description="Newer."))
    assert read_model(place / "hey_you").description == "A test."


def test_a_file_that_cannot_be_written_whole_leaves_nothing(tmp_path, wheel, place):
    (tmp_path / "catalog.toml").write_text(catalog_toml(wheel))
    arguments = [sys.executable, "-c", CHILD, str(tmp_path / "catalog.toml"), str(place), str(wheel)]
    done = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 100; exec "$@"', "sh", *arguments],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert done.stderr.decode().splitlines()[-1] == (
        f"edged.errors.ModelError: {place}: File too large (choose a folder with --dir)"
    )
    assert (visible(place), leftovers(place)) == ([], [])


def test_a_place_that_is_no_folder_is_one_sentence(wheel, place):
    place.write_text("a file")
    with pytest.raises(ModelError, match=r"models: File exists .*--dir"):
        pull(["hey_you"], place, wheel, catalog=catalog_of(wheel))


def test_an_unknown_name_stops_before_anything_is_pulled(wheel, place):
    with pytest.raises(ModelError, match="'hey_yuo' can be pulled: did you mean 'hey_you'"):
        pull(["hey_me", "hey_yuo"], place, wheel, catalog=catalog_of(wheel))
    assert not place.exists()


def test_remains_of_a_killed_pull_are_swept(wheel, place):
    (place / ".pull-dead" / "hey_you").mkdir(parents=True)
    (place / ".pull-dead" / "hey_you" / "hey_you.onnx").write_bytes(b"half")
    pull(["hey_you"], place, wheel, catalog=catalog_of(wheel))
    assert leftovers(place) == []


def test_models_can_be_read_by_the_daemons_user(wheel, place):
    mask = os.umask(0o077)
    try:
        pull(["hey_you"], place, wheel, catalog=catalog_of(wheel))
    finally:
        os.umask(mask)
    folder = place / "hey_you"
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}
    assert folder.stat().st_mode & 0o777 == 0o755


def test_a_second_pull_waits_for_the_first_and_fetches_nothing(wheel, place):
    catalog = catalog_of(wheel)
    place.mkdir()
    told = threading.Event()
    found = []
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(
            target=lambda: found.extend(pull(["hey_you"], place, wheel, waiting=told.set, catalog=catalog))
        )
        second.start()
        assert told.wait(30)
        assert visible(place) == []
    second.join(30)
    assert [each.fresh for each in found] == [True]


CHILD = """
import sys
from pathlib import Path
from edged.catalog.known import read_catalog
from edged.catalog.pull import pull
catalog = read_catalog(Path(sys.argv[1]).read_bytes())
if sys.argv[3] == "pip":
    sys.executable = sys.argv[4]
    say = lambda *what: print(*what, flush=True)
    pull(["hey_you"], Path(sys.argv[2]), catalog=catalog, progress=say)
else:
    pull(["hey_you", "hey_me"], Path(sys.argv[2]), Path(sys.argv[3]), catalog=catalog)
"""


def start_child(tmp_path: Path, place: Path, toml: str, *source: str) -> subprocess.Popen[bytes]:
    (tmp_path / "catalog.toml").write_text(toml)
    arguments = [str(tmp_path / "catalog.toml"), str(place), *source]
    return subprocess.Popen([sys.executable, "-c", CHILD, *arguments], cwd=ROOT, stdout=subprocess.PIPE)


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_a_pull_killed_while_pip_fetches_leaves_nothing_and_the_next_succeeds(tmp_path, wheel, place, signum):
    endless = tmp_path / "python"  # ends like pip, when nobody reads what it says
    endless.write_text('#!/bin/sh\nwhile echo "Progress 1 of 2"; do :; done\n')
    endless.chmod(0o755)
    with start_child(tmp_path, place, catalog_toml(wheel), "pip", str(endless)) as child:
        assert child.stdout is not None
        assert child.stdout.readline().decode().split()[:2] == [FILE, "0"]
        assert child.stdout.readline().decode().split() == [FILE, "1", "2"]
        child.send_signal(signum)
        assert child.wait(30) == -signum
    assert visible(place) == []
    assert leftovers(place) != []
    (pulled,) = pull(["hey_you"], place, wheel, catalog=catalog_of(wheel))
    assert pulled.fresh
    assert leftovers(place) == []


KILLED_AT_EVERY_STEP = """
import os, signal, sys
from pathlib import Path
from edged.catalog.known import read_catalog
from edged.catalog.pull import pull
from edged.catalog.read import read_model
from edged.catalog.verify import verify

toml, wheel, places = map(Path, sys.argv[1:4])
damaged = sys.argv[4] == "damaged"
catalog = read_catalog(toml.read_bytes())
wanted = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod"}
step, states = 0, set()
while True:
    step += 1
    place = places / str(step)
    folder = place / "hey_you"
    if damaged:
        pull(["hey_you"], place, wheel, catalog=catalog)
        (folder / "hey_you.onnx").write_bytes(b"damaged")
    child = os.fork()
    if child == 0:
        left = step
        def hook(event, arguments):
            global left
            if event in wanted:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        pull(["hey_you"], place, wheel, catalog=catalog)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not folder.exists():
        states.add("absent")
    elif damaged and (folder / "hey_you.onnx").read_bytes() == b"damaged":
        states.add("as before")
    else:
        verify(read_model(folder))
        states.add("complete")
    pull(["hey_you"], place, wheel, catalog=catalog)
    verify(read_model(folder))
    assert sorted(path.name for path in place.iterdir()) == [".lock", "hey_you"]
    if status == 0:
        break
    assert status == -signal.SIGKILL, status
print(step, *sorted(states))
"""


@pytest.mark.parametrize("before", ["nothing", "damaged"])
def test_a_pull_killed_at_any_step_leaves_no_half_and_the_next_succeeds(tmp_path, wheel, before):
    (tmp_path / "catalog.toml").write_text(catalog_toml(wheel))
    arguments = [str(tmp_path / "catalog.toml"), str(wheel), str(tmp_path / "places"), before]
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT_EVERY_STEP, *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    steps, *states = done.stdout.decode().strip().split(maxsplit=1)
    assert int(steps) > 10
    assert states == ["absent complete" if before == "nothing" else "absent as before complete"]


def test_pulls_at_the_same_time_agree(tmp_path, wheel, place):
    children = [start_child(tmp_path, place, catalog_toml(wheel), str(wheel)) for _ in range(3)]
    for child in children:
        with child:
            assert child.wait(60) == 0
    assert (visible(place), leftovers(place)) == (["hey_me", "hey_you"], [])
    for name in CONTENTS:
        verify(read_model(place / name))


def test_a_pip_that_is_missing_is_one_sentence(wheel, place, offline_pip, monkeypatch, tmp_path):
    bare = tmp_path / "python"
    bare.write_text('#!/bin/sh\necho "$0: No module named pip" >&2\nexit 1\n')
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    with pytest.raises(ModelError, match="has no pip to fetch it with"):
        pull(["hey_you"], place, catalog=catalog_of(wheel))
    assert leftovers(place) == []


def test_progress_is_pips_own_and_a_broken_listener_ends_pip(
    wheel, place, offline_pip, monkeypatch, tmp_path
):
    noisy = tmp_path / "python"
    noisy.write_text('#!/bin/sh\necho "Progress 5 of 20"\necho hello\necho "Progress 20 of 20"\nexit 3\n')
    noisy.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(noisy))
    seen = []
    with pytest.raises(ModelError, match="exit status 3"):
        pull(["hey_you"], place, catalog=catalog_of(wheel), progress=lambda *what: seen.append(what))
    assert seen == [(FILE, 0, wheel.stat().st_size), (FILE, 5, 20), (FILE, 20, 20)]

    def interrupted(*_):
        raise KeyboardInterrupt

    noisy.write_text('#!/bin/sh\necho "Progress 5 of 20"\nexec sleep 100\n')
    with pytest.raises(KeyboardInterrupt):
        pull(["hey_you"], place, catalog=catalog_of(wheel), progress=interrupted)
    assert leftovers(place) == []
