import pytest
from typer.testing import CliRunner

from edged.catalog.read import read_model
from edged.catalog.verify import verify
from edged.cli.models import app
from edged.errors import ModelError
from tests.assets import asset


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "models"


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def test_import_says_what_it_is_its_licence_and_how_to_use_it(place):
    done = run("import", asset("wake/heads/cpp/hey_marvin_v0.1.onnx"), "--name", "hey_marvin", "--dir", place)
    assert done.exit_code == 0
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"hey_marvin: imported ({place / 'hey_marvin'})",
        "  a wake-word head of openWakeWord's shape, window 16",
        "  licence unknown: ask its maker before you pass it on",
        '  in the configuration: [[heads.word]] name = "hey_marvin"',
    ]
    verify(read_model(place / "hey_marvin"))


def test_import_shows_a_licence_that_must_be_accepted(place):
    said = run("import", asset("wake/heads/alexa_v0.1.onnx"), "--dir", place).stderr
    assert 'not for commercial use; to use it: [models] accept_licences = ["CC-BY-NC-SA-4.0"]' in said
    assert "was there, whole" in run("import", asset("wake/heads/alexa_v0.1.onnx"), "--dir", place).stderr


def test_imported_models_go_to_the_state_folder_unless_told_otherwise(tmp_path, place):
    run("import", asset("vad/silero_vad_oww.onnx"))
    assert (tmp_path / "state" / "models" / "silero_vad_oww" / "model.toml").is_file()


def test_a_refusal_is_a_model_error(place):
    with pytest.raises(ModelError, match="an openWakeWord head in TFLite form"):
        run("import", asset("wake/heads/tflite/ok_nabu_v0.1.tflite"), "--dir", place)


def test_import_wants_a_path():
    assert run("import").exit_code == 2
