"""`edged config` answers good files on stdout and bad ones with the daemon's own error."""

import json

import jsonschema
import pytest
from typer.testing import CliRunner

from edged.cli.config import app
from edged.config.load import load
from edged.errors import ConfigError


@pytest.fixture
def good(tmp_path):
    file = tmp_path / "good.toml"
    file.write_text('[heads]\nthreshold = 0.75\n[audio]\nsource = "stdin:16000"\n')
    return file


def answer(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_check_says_that_a_good_file_is_good(good):
    assert answer("check", "-c", good) == f"{good}: good\n"


def test_more_threads_than_cores_are_told_and_not_refused(tmp_path):
    file = tmp_path / "many.toml"
    file.write_text("[serve]\nworkers = 16\n[recognize]\nthreads = 8\n")
    result = CliRunner().invoke(app, ["check", "-c", str(file)], catch_exceptions=False)
    assert (result.exit_code, result.stdout) == (0, f"{file}: good\n")
    assert result.stderr.startswith(f"{file}: [serve] workers: 16 processes of 8 threads each are more than")


def test_check_raises_every_problem_of_a_bad_file(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[heads]\ntreshold = 1\nthreshold = 7\n")
    with pytest.raises(ConfigError) as caught:
        answer("check", "-c", bad)
    assert len(caught.value.problems) == 2
    assert caught.value.exit_code == 78


def test_check_refuses_a_source_that_never_can_be_opened(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text('\n[audio]\nsource = "mic:0"\n')
    with pytest.raises(ConfigError, match="numbers of cards change from boot to boot") as caught:
        answer("check", "-c", bad)
    assert str(caught.value).startswith(f"{bad}:3: [audio] ")


def test_show_prints_toml_with_origins(good):
    assert f"threshold = 0.75  # {good}:2\n" in answer("show", "-c", good)


def test_show_prints_one_json_document(good):
    document = json.loads(answer("show", "-c", good, "--json"))
    assert document["config"]["heads"]["threshold"] == 0.75


def test_the_printed_schema_takes_what_loading_takes_and_refuses_a_wrong_key(good):
    validator = jsonschema.Draft202012Validator(json.loads(answer("schema")))
    validator.validate({"extends": "base.toml", **load(good, {}).config.model_dump(mode="json")})
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"heads": {"treshold": 1}})
