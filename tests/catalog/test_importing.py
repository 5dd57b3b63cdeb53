import errno
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edged.catalog.importing import import_model
from edged.catalog.known import known
from edged.catalog.pull import TEMPORARY, pull
from edged.catalog.read import SHEET, read_model
from edged.catalog.search import find
from edged.catalog.verify import verify
from edged.errors import ModelError
from tests.assets import asset
from tests.catalog.sniff.networks import head, save

SELFTEST = Path(__file__).parents[2] / "models" / "selftest"


@pytest.fixture
def own(tmp_path):
    return save(head(22), tmp_path / "mine" / "hey_edge.onnx")


@pytest.fixture
def place(tmp_path):
    return tmp_path / "models"


def contents(place):
    """Everything below a folder, but the lock."""
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_an_imported_head_is_found_by_name_and_whole(own, place):
    imported = import_model(own, place)
    assert imported.fresh
    assert imported.what == "a wake-word head of openWakeWord's shape, window 22"
    model = find("hey_edge", "head", place)
    verify(model)
    assert model == imported.model
    assert model.licence == "unknown"
    assert model.source == "imported: hey_edge.onnx"
    assert model.files["model"].path.read_bytes() == own.read_bytes()
    assert contents(place).keys() == {"hey_edge/model.onnx", "hey_edge/model.toml"}


def test_importing_it_again_changes_nothing(own, place):
    import_model(own, place)
    before = contents(place)
    again = import_model(own, place)
    assert not again.fresh
    assert again.model == read_model(place / "hey_edge")
    assert contents(place) == before


@pytest.mark.parametrize("other", ["another head", "no model folder", "damaged"])
def test_what_lies_there_is_never_replaced(own, place, tmp_path, other):
    if other == "no model folder":
        (place / "hey_edge").mkdir(parents=True)
        (place / "hey_edge" / "notes").write_text("mine")
    else:
        import_model(own, place)
    if other == "damaged":
        (place / "hey_edge" / "model.onnx").write_bytes(b"x")
    if other == "another head":
        save(head(16), own)
    before = contents(place)
    with pytest.raises(ModelError, match="--name"):
        import_model(own, place)
    assert contents(place) == before
    assert import_model(own, place, "another").fresh


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("hey edge!.onnx", "hey_edge"),
        ("_hey.edge v2", "hey.edge_v2"),
        ("hey_v0.1", "hey_v0.1"),
        ("héy.onnx", "h_y"),
        ("hey-you.ONNX", "hey-you"),
    ],
)
def test_a_name_is_made_of_what_names_may_hold(own, place, file, name):
    renamed = own.rename(own.with_name(file))
    assert import_model(renamed, place).model.name == name


@pytest.mark.parametrize("name", ["../x", "a b", "", "x" * 65, ".hidden"])
def test_a_wrong_name_is_refused(own, place, name):
    with pytest.raises(ModelError, match="is no name for a model"):
        import_model(own, place, name)
    assert not place.exists()


def test_a_file_without_letters_needs_a_name(own, place):
    renamed = own.rename(own.with_name("你好.onnx"))
    with pytest.raises(ModelError, match="choose one with --name"):
        import_model(renamed, place)


def test_the_catalogs_names_stay_with_the_catalogs_models(own, place):
    with pytest.raises(ModelError, match="'alexa' is a name of the catalog, and this is not that model"):
        import_model(own, place, "alexa")
    with pytest.raises(ModelError, match="'timer' is a name of the catalog"):
        import_model(asset("wake/heads/alexa_v0.1.onnx"), place, "timer")
    assert contents(place) == {}


def test_a_file_of_the_catalog_is_as_good_as_pulled(place):
    imported = import_model(asset("wake/heads/timer_v0.1.onnx"), place)
    assert imported.model == known()["timer"].model(place / "timer")
    (pulled,) = pull(["timer"], place, source=place / "no-such-wheel")
    assert not pulled.fresh


def test_a_renamed_file_of_the_catalog_keeps_its_licence_and_labels(place):
    model = import_model(asset("wake/heads/timer_v0.1.onnx"), place, "egg_timer").model
    promised = known()["timer"].model(place)
    assert (model.name, model.licence, model.labels) == ("egg_timer", promised.licence, promised.labels)
    assert model.attribution == promised.attribution


def test_a_folder_of_edged_moves_as_it_is(place):
    model = import_model(SELFTEST, place, "tried").model
    ours = read_model(SELFTEST)
    assert model.recognizer == ours.recognizer
    assert (model.licence, model.source) == (ours.licence, ours.source)
    files = (SHEET, "offline.onnx", "streaming.onnx", "tokens.txt")
    assert contents(place).keys() == {f"tried/{name}" for name in files}


def test_what_is_refused_leaves_no_trace(place, tmp_path):
    with pytest.raises(ModelError, match=r"ten-vad\.onnx: a voice activity detector \(TEN VAD\)"):
        import_model(asset("vad/ten-vad.onnx"), place)
    assert not place.exists()


def test_a_link_is_followed_and_keeps_its_own_name(own, place):
    link = own.with_name("hey_link.onnx")
    link.symlink_to(own)
    model = import_model(link, place).model
    assert model.name == "hey_link"
    assert not model.files["model"].path.is_symlink()


def test_too_little_room_is_said_before_anything_is_written(own, place):
    with pytest.raises(ModelError, match=r"4\.2 MB are needed, 0\.0 MB are free"):
        import_model(own, place, free=lambda folder: 100)
    assert contents(place) == {}


def test_a_folder_that_may_not_be_made_is_one_sentence(own, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"file: .*\(choose a folder with --dir\)"):
        import_model(own, tmp_path / "file")


CHILD = """
import resource, sys
from pathlib import Path
from edged.catalog.importing import import_model
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
import_model(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def child(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, *map(str, arguments)], stderr=subprocess.PIPE, text=True, **options
    )


def test_a_disk_that_fills_up_leaves_nothing(place):
    running = child(asset("wake/heads/alexa_v0.1.onnx"), place, 100_000)
    _, said = running.communicate()
    assert running.returncode == 1
    assert f"ModelError: {place}: {os.strerror(errno.EFBIG)} (choose a folder with --dir)" in said
    assert [path.name for path in place.iterdir()] == [".lock"]


def test_what_a_killed_import_left_is_swept_by_the_next(own, place):
    left = place / f"{TEMPORARY}killed" / "hey_edge"
    left.mkdir(parents=True)
    (left / "model.onnx").write_bytes(b"half")
    import_model(own, place)
    assert contents(place).keys() == {"hey_edge/model.onnx", "hey_edge/model.toml"}


def test_imports_at_the_same_time_end_in_one_whole_model(place):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    running = [child(asset("wake/heads/alexa_v0.1.onnx"), place, limit) for _ in range(3)]
    assert [each.wait() for each in running] == [0, 0, 0]
    for each in running:
        each.communicate()
    verify(find("alexa", "head", place))


def test_a_file_that_changed_since_it_was_verified_is_not_taken(place, tmp_path):
    folder = tmp_path / "selftest"
    shutil.copytree(SELFTEST, folder)

    def change(_place):
        (folder / "tokens.txt").write_bytes(bytes(1497))
        return 1 << 40

    with pytest.raises(ModelError, match=r"tokens\.txt: changed while it was copied; import it again"):
        import_model(folder, place, "tried", free=change)
    assert contents(place) == {}
