import json
import zipfile

import pytest
from typer.testing import CliRunner

from edged.catalog.known import known
from edged.catalog.read import read_model
from edged.catalog.verify import verify
from edged.cli.models import app
from edged.errors import ConfigError, ModelError
from tests.assets import asset
from tests.catalog.mirror import serving, tar
from tests.catalog.sheets import CONTENTS, install_head


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "models"


@pytest.fixture
def wheel(tmp_path):
    """A wheel with one real model in it: members count, not the archive around them."""
    entry = known()["hey_rhasspy"]
    path = tmp_path / "house" / entry.origin.file
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(asset("wake/heads/hey_rhasspy_v0.1.onnx"), entry.members["model"])
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.mark.parametrize("source", ["file", "folder"])
def test_pull_from_a_wheel_installs_and_shows_the_licence(place, wheel, source):
    given = wheel if source == "file" else wheel.parent
    done = run("pull", "hey_rhasspy", "--from", given, "--dir", place)
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "hey_rhasspy: pulled" in done.stderr
    assert "licence CC-BY-NC-SA-4.0: hey_rhasspy" in done.stderr
    assert "by David Scripka" in done.stderr
    assert 'accept_licences = ["CC-BY-NC-SA-4.0"]' in done.stderr
    verify(read_model(place / "hey_rhasspy"))
    wheel.unlink()
    assert "was there, whole" in run("pull", "hey_rhasspy", "--from", given, "--dir", place).stderr


def test_pulled_models_go_to_the_state_folder_unless_told_otherwise(tmp_path, place, wheel, monkeypatch):
    run("pull", "hey_rhasspy", "--from", wheel)
    assert (tmp_path / "state" / "models" / "hey_rhasspy" / "model.toml").is_file()
    monkeypatch.setenv("EDGED__MODELS__DIR", str(place))
    run("pull", "hey_rhasspy", "--from", wheel)
    assert (place / "hey_rhasspy" / "model.toml").is_file()


@pytest.mark.parametrize("arguments", [[], ["hey_rhasspy", "--all"]])
def test_pull_wants_names_or_all(arguments):
    done = run("pull", *arguments)
    assert done.exit_code == 2
    assert "give the names of models, or --all" in done.stderr


def test_an_unknown_name_ends_in_a_model_error(place):
    with pytest.raises(ModelError, match="did you mean 'hey_jarvis'"):
        run("pull", "hey_jarvs", "--dir", place)


def test_list_is_one_json_document(place):
    install_head(place)
    listed = {item["name"]: item for item in json.loads(run("list", "--json", "--dir", place).stdout)}
    mine = listed["hey_you"]
    assert (mine["state"], mine["kind"], mine["licence"], mine["bytes"]) == ("installed", "head", "MIT", 45)
    assert mine["files"]["model"]["path"] == str(place / "hey_you" / "hey_you.onnx")
    assert (mine["folder"], mine["problem"]) == (str(place / "hey_you"), None)
    assert listed["timer"]["non_commercial"] is True
    assert set(known()) <= set(listed)


def test_list_for_people_names_states_and_problems(place):
    install_head(place)
    (install_head(place, "cut_short") / "cut_short.onnx").write_bytes(b"cut")
    done = run("list", "--dir", place)
    assert done.exit_code == 0
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "installed" in lines["hey_you"]
    assert "damaged" in lines["cut_short"]
    assert "3 bytes instead of" in done.stdout


def test_verify_finds_the_damaged_one_and_says_so_in_json(place):
    install_head(place)
    (install_head(place, "flipped") / "flipped.onnx").write_bytes(b"!" + CONTENTS[1:])
    done = CliRunner().invoke(app, ["verify", "--json", "--dir", str(place)])
    assert isinstance(done.exception, ModelError)
    assert "flipped" in str(done.exception)
    states = {item["name"]: item["state"] for item in json.loads(done.stdout)}
    assert (states["hey_you"], states["flipped"]) == ("installed", "damaged")
    assert "available" not in states.values()


def test_verify_by_name_looks_at_no_other(place):
    install_head(place)
    (install_head(place, "flipped") / "flipped.onnx").write_bytes(b"!" + CONTENTS[1:])
    done = run("verify", "hey_you", "--dir", place)
    assert done.exit_code == 0
    assert done.stderr.strip() == f"hey_you: whole ({place / 'hey_you'})"
    with pytest.raises(ModelError, match="cannot be used: nobody"):
        run("verify", "nobody", "--dir", place)


@pytest.fixture
def near(monkeypatch):
    """A mirror with the archive of a released model: far too small, and just right for a test."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    entry = known()["keywords-en"]
    files = {f"{entry.origin.name}/{member}": member.encode() for member in entry.members.values()}
    with serving(**{entry.origin.archive: tar(files)}) as mirror:
        yield mirror


def test_the_mirror_of_the_configuration_is_asked_first(place, near, tmp_path):
    config = tmp_path / "edged.toml"
    config.write_text(f'[models]\ndir = "{place}"\nmirror = "{near.url}"\n')
    done = run("pull", "keywords-en", "-c", config)
    assert done.exit_code == 0
    assert len(near.asked) == 1
    assert "keywords-en: its sha256 was recorded now" in done.stderr
    assert "keywords-en: this version cannot run it: keyword spotting is not built yet" in done.stderr
    verify(read_model(place / "keywords-en"))


@pytest.mark.parametrize("mirror", ["ftp://x/", "mirror", "http://me:pw@x/", "https://x/?token=1", "http://"])
def test_a_mirror_that_is_none_is_refused(mirror, monkeypatch):
    monkeypatch.setenv("EDGED__MODELS__MIRROR", mirror)
    with pytest.raises(ConfigError, match=r"MIRROR.*must be http://, https:// or an absolute path"):
        run("list")


def test_an_unverified_model_is_told_from_a_verified_one(place, near, wheel):
    run("pull", "hey_rhasspy", "--from", wheel, "--dir", place)
    run("pull", "keywords-en", "--from", near.url, "--dir", place)
    listed = run("list", "--dir", place).stdout.splitlines()
    assert "unverified (recorded at first pull): keywords-en" in listed
    assert f"in {place}: hey_rhasspy, keywords-en" in listed
    later = next(
        line for line in listed if line.startswith("unverified (sha256 will be recorded at first pull)")
    )
    assert "sense-voice" in later
    items = {item["name"]: item for item in json.loads(run("list", "--json", "--dir", place).stdout)}
    assert [items[name]["unverified"] for name in ("hey_rhasspy", "keywords-en", "gtcrn")] == [
        False,
        True,
        True,
    ]
    assert (items["gtcrn"]["bytes"], items["gtcrn"]["about_bytes"]) == (None, known()["gtcrn"].bytes)


def test_a_model_that_this_version_cannot_run_is_listed_and_says_so(place):
    items = {item["name"]: item for item in json.loads(run("list", "--json", "--dir", place).stdout)}
    assert (
        items["parakeet-v3"]["not_run_yet"] == "recognizers of the family nemo-transducer are not built yet"
    )
    assert items["gtcrn"]["not_run_yet"] == "noise suppression is not built yet"
    assert [items[name]["not_run_yet"] for name in ("timer", "sense-voice", "parakeet-110m-en")] == [None] * 3
    told = "cannot run yet, recognizers of the family nemo-transducer are not built yet: parakeet-v3"
    assert told in run("list", "--dir", place).stdout.splitlines()
