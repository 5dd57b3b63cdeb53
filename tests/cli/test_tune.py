"""`edged tune`: each change is shown, kept in a history, measured where asked, and taken back."""

import json

import pytest
from typer.testing import CliRunner

from edged.cli import app
from edged.errors import EdgedError
from tests.daemon import config, models, run

__all__ = ["config", "models"]

PROFILE = """\
[features]
threads = 2
[[heads.word]]
name = "hey_jarvis"
threshold = 0.6  # one false wake a week
[recognize]
nice = 3
"""


@pytest.fixture
def tune(config, tmp_path):
    """Run `edged tune` beside a configuration that sets recognize.nice itself."""
    with config.open("a") as more:
        more.write("[recognize]\nnice = 1\n")
    (tmp_path / "profile.toml").write_text(PROFILE)

    def tune(*arguments):
        code, out, err = run("tune", *arguments, "-c", "edged.toml", cwd=tmp_path)
        return code, out, err

    return tune


def test_apply_diff_and_rollback_tell_each_key(tune, tmp_path):
    wins = "! recognize.nice = 3: no effect: recognize.nice = 1 stands in edged.toml:5 and wins\n"
    word = "heads.word[0].threshold: not set (as in [heads])"
    assert tune("diff") == (0, "nothing is tuned: there is no tuned.toml\n", "")
    assert tune("diff", "profile.toml") == (
        0,
        f"profile.toml\n  features.threads: 1 (default) -> 2 (tuned.toml:5)\n"
        f"  {word} -> 0.6 (tuned.toml:12)\n{wins}",
        "",
    )
    assert not (tmp_path / "tuned.toml").exists()
    assert tune("apply", "profile.toml") == (
        0,
        f"{wins}applied: tuned.toml\n  features.threads: 1 (default) -> 2 (tuned.toml:5)\n"
        f"  {word} -> 0.6 (tuned.toml:12)\n"
        "a running edged takes it with: sudo systemctl restart edged\n",
        "",
    )
    assert "threshold = 0.6  # one false wake a week\n" in (tmp_path / "tuned.toml").read_text()
    assert tune("apply", "profile.toml") == (0, f"{wins}tuned.toml says so already\n", "")
    code, out, _ = tune("diff")
    assert (code, out.splitlines()[1:]) == (
        0,
        [
            "  features.threads: 1 (default) -> 2 (tuned.toml:5)",
            f"  {word} -> 0.6 (tuned.toml:12)",
            wins.strip(),
        ],
    )
    code, out, _ = run("config", "show", "-c", "edged.toml", cwd=tmp_path)
    assert "threads = 2  # tuned.toml:5" in out.splitlines()
    code, out, err = tune("rollback")
    assert (code, err) == (0, "")
    assert out.startswith("rolled back: tuned.toml is gone\n")
    assert not (tmp_path / "tuned.toml").exists()
    assert tune("rollback") == (
        78,
        "",
        "edged: nothing to roll back: nothing was applied to tuned.toml\n",
    )


def test_a_profile_that_cannot_be_measured_does_not_stay(tune, tmp_path):
    (tmp_path / "gpu.toml").write_text('[features]\nbackend = "ort-opencl"\n')
    code, out, err = tune("apply", "gpu.toml", "--measure", "--rounds", "5")
    assert code == 73
    assert out.startswith("applied: tuned.toml\n")
    assert err.splitlines()[-1].startswith(
        "edged: rolled back: path: measuring it after failed: ort-opencl: "
    )
    assert not (tmp_path / "tuned.toml").exists()


def test_what_changes_no_speed_is_kept_and_named(tune, tmp_path):
    (tmp_path / "word.toml").write_text('[[heads.word]]\nname = "hey_jarvis"\nthreshold = 0.6\n')
    code, out, err = tune("apply", "word.toml", "--measure")
    assert (code, err) == (0, "")
    assert "not measured, for it changes no speed: heads.word[0].threshold" in out
    assert out.endswith("systemctl reload edged\n")
    assert (tmp_path / "tuned.toml").exists()


def test_advice_is_one_document_with_what_was_measured(tune):
    code, out, err = tune("advise", "--only", "precision", "--only", "placement", "--rounds", "5", "--json")
    assert code == 0, err
    findings = {each["key"]: each for each in json.loads(out)["findings"]}
    assert set(findings) == {"features.precision", "service.placement"}
    assert all(each["set"] is None and "not measured" in each["measured"][0] for each in findings.values())


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["apply", "absent.toml"], 78, "absent.toml: no such file"),
        (["diff", "absent.toml"], 78, "absent.toml: no such file"),
        (["apply", "broken.toml"], 78, "broken.toml:1: not TOML"),
        (["apply", "model.toml"], 65, "no model is called 'absent-model'"),
        (["advise", "--only", "everything"], 78, "must be one of threads, order, precision, placement"),
        (["advise", "--rounds", "4", "--only", "threads"], 78, "at least 5"),
        (["advise", "--speech", "absent.wav"], 66, "absent.wav: no such file"),
        (["rollback", "--steps", "2"], 78, "nothing to roll back"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(config, tmp_path, monkeypatch, arguments, code, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.toml").write_text("[recognize\n")
    (tmp_path / "model.toml").write_text('[recognize]\nmodel = "absent-model"\n')
    result = CliRunner().invoke(app, ["tune", *arguments, "-c", "edged.toml"])
    assert isinstance(result.exception, EdgedError)
    assert (result.exception.exit_code, result.stdout) == (code, "")
    assert sentence in str(result.exception)


def test_advice_is_told_as_it_would_be_written(tune):
    code, out, err = tune("advise", "--only", "placement", "--rounds", "5")
    assert (code, err) == (0, "")
    assert out.startswith('service.placement = "auto": stays\n  not measured: the CPUs')
