import shutil
from pathlib import Path

import pytest

from edged.catalog.known import known
from edged.catalog.places import SYSTEM, destination, package_folder, places, shipped_folder
from edged.catalog.search import find, names_in
from edged.errors import ModelError
from tests.assets import asset
from tests.catalog.sheets import CONTENTS, RECOGNIZER_TOML, head_toml, install_head


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    # what this machine itself has installed must not decide a test
    monkeypatch.setattr("edged.catalog.places.SYSTEM", tmp_path / "system")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An openwakeword package on the import path that must never be imported."""
    code = tmp_path / "site" / "openwakeword" / "__init__.py"
    code.parent.mkdir(parents=True)
    code.write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(__import__("sys").modules, "openwakeword", raising=False)
    models = code.parent / "resources" / "models"
    models.mkdir(parents=True)
    return models


def test_places_come_in_order(tmp_path, package):
    found = places(tmp_path / "mine")
    assert found[:2] == [tmp_path / "mine", tmp_path / "data" / "edged" / "models"]
    assert found.index(tmp_path / "system") < found.index(package)
    assert shipped_folder() in (found[-1], None)


def test_the_daemons_models_lie_where_systemd_keeps_state():
    assert Path("/var/lib/edged/models") == SYSTEM


def test_under_systemd_its_state_folder_alone_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", f"{tmp_path}/state:{tmp_path}/other")
    assert places()[0] == tmp_path / "state" / "models"
    assert tmp_path / "data" / "edged" / "models" not in places()
    assert tmp_path / "system" not in places()
    assert destination() == tmp_path / "state" / "models"


def test_models_go_to_the_named_folder_or_the_users_data(tmp_path):
    assert destination(tmp_path / "mine") == tmp_path / "mine"
    assert destination() == tmp_path / "data" / "edged" / "models"


def test_the_first_place_wins(tmp_path):
    install_head(tmp_path / "data" / "edged" / "models")
    assert find("hey_you", "head").folder == tmp_path / "data" / "edged" / "models" / "hey_you"
    install_head(tmp_path / "mine")
    assert find("hey_you", "head", tmp_path / "mine").folder == tmp_path / "mine" / "hey_you"


def test_a_damaged_model_is_an_error_and_no_other_is_taken(tmp_path):
    install_head(tmp_path / "data" / "edged" / "models")
    (install_head(tmp_path / "mine") / "hey_you.onnx").write_bytes(b"short")
    with pytest.raises(ModelError, match="5 bytes instead of 45"):
        find("hey_you", "head", tmp_path / "mine")
    (tmp_path / "mine" / "hey_you" / "model.toml").write_text("name = ")
    with pytest.raises(ModelError, match="not TOML"):
        find("hey_you", "head", tmp_path / "mine")


def test_an_installed_openwakeword_package_is_used_without_importing_it(package):
    shutil.copy(asset("wake/heads/timer_v0.1.onnx"), package / "timer_v0.1.onnx")
    model = find("timer", "head")
    assert package_folder() == package
    assert (model.folder, model.licence, len(model.labels)) == (package, "CC-BY-NC-SA-4.0", 7)
    assert model.files["model"].sha256 == known()["timer"].sheet.files["model"].sha256


def test_another_file_of_that_name_in_the_package_is_refused(package):
    (package / "timer_v0.1.onnx").write_bytes(b"older")
    with pytest.raises(ModelError, match=r"timer_v0\.1\.onnx: 5 bytes instead of .* edged models pull timer"):
        find("timer", "head")


def test_an_own_head_is_given_by_its_path(tmp_path):
    path = tmp_path / "ok_house.onnx"
    path.write_bytes(CONTENTS)
    model = find(str(path), "head")
    assert (model.name, model.licence, model.files["model"].path) == ("ok_house", "unknown", path)
    assert model.files["model"].sha256 is None


def test_a_renamed_known_head_keeps_its_licence_and_classes(tmp_path):
    path = tmp_path / "egg_clock.onnx"
    shutil.copy(asset("wake/heads/timer_v0.1.onnx"), path)
    model = find(str(path), "head")
    assert (model.name, model.licence) == ("egg_clock", "CC-BY-NC-SA-4.0")
    assert model.labels[2] == "5_minute_timer"
    assert model.files["model"].path == path


def test_a_model_folder_is_given_by_its_path(tmp_path):
    folder = install_head(tmp_path)
    assert find(str(folder), "head").name == "hey_you"


@pytest.mark.parametrize(
    "name", ["{}/gone.onnx", "{}/gone", "{}/text.txt", "{}/empty.onnx", "{}/folder.onnx"]
)
def test_a_path_that_is_no_head_is_one_sentence(tmp_path, name):
    (tmp_path / "text.txt").write_text("x")
    (tmp_path / "empty.onnx").touch()
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ModelError) as caught:
        find(name.format(tmp_path), "head")
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_heads_are_given_as_a_file(tmp_path):
    path = tmp_path / "asr.onnx"
    path.write_bytes(CONTENTS)
    with pytest.raises(ModelError, match="a model folder is needed here"):
        find(str(path), "recognizer")


def test_the_kind_must_fit(tmp_path):
    install_head(tmp_path)
    with pytest.raises(ModelError, match="is of kind head, not vad"):
        find("hey_you", "vad", tmp_path)


def test_a_missing_known_model_says_where_it_looked_and_how_to_get_it(tmp_path, package):
    with pytest.raises(ModelError) as caught:
        find("hey_jarvis", "head", tmp_path / "mine")
    sentence = str(caught.value)
    assert sentence.endswith("edged models pull hey_jarvis")
    for place in (tmp_path / "mine", tmp_path / "system", package):
        assert str(place) in sentence


@pytest.mark.parametrize(
    ("name", "hint"), [("hey_jarvs", "hey_jarvis"), ("hey_yuo", "hey_you"), ("hey jarvis", "hey_jarvis")]
)
def test_a_near_miss_is_answered_with_the_name_meant(tmp_path, package, name, hint):
    install_head(tmp_path)
    with pytest.raises(ModelError, match=f"did you mean '{hint}'"):
        find(name, "head", tmp_path)


@pytest.mark.parametrize("name", ["", "..", ".", "x\x00y", "a" * 300])
def test_names_that_are_no_names_find_nothing(tmp_path, name):
    (tmp_path / "model.toml").write_text(head_toml())
    (tmp_path / "deeper").mkdir()
    with pytest.raises(ModelError):
        find(name, "head", tmp_path / "deeper")


def test_a_folder_under_another_name_is_refused(tmp_path):
    install_head(tmp_path).rename(tmp_path / "other")
    with pytest.raises(ModelError, match="must be its folder's name, 'other'"):
        find("other", "head", tmp_path)


def test_a_place_lists_its_names(tmp_path):
    install_head(tmp_path)
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "model.toml").write_text(RECOGNIZER_TOML)
    (tmp_path / "notes").mkdir()
    assert names_in(tmp_path) == ["hey_you", "tiny"]
    assert names_in(tmp_path / "absent") == []
