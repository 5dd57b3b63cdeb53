"""Every model of the configuration is looked at as the daemon and its user would."""

import pytest

from edged.config.schema import Config, Heads, Recognize, Word
from edged.doctor import models as checked
from edged.doctor import stages
from edged.doctor.case import take
from edged.doctor.models import wanted
from tests.daemon import install, models, write_config
from tests.doctor.patients import users

__all__ = ["models"]


def found(file, check=checked):
    return {finding.what: finding for finding in check.check(take(file)) if finding.state != "good"}


@pytest.fixture
def good(root, models, tmp_path):
    """A configuration of which everything is there but a recognizer that understands people."""
    return write_config(tmp_path / "good.toml", models, "[recognize]\nenabled = false\n")


def test_whole_models_are_good_and_opened(good):
    assert found(good) == {}
    assert found(good, stages) == {}
    said = [finding.what for finding in stages.check(take(good))]
    assert [what for what in said if "unavailable" not in what] == [
        "features: cpu serving",
        "heads: cpu serving",
        "recognize: off",
    ]


def test_each_model_is_asked_for_once():
    words = (Word(name="a", model="timer", output="x"), Word(name="b", model="timer", output="y"))
    config = Config(heads=Heads(word=words), recognize=Recognize(enabled=False))
    assert [name for name, kind in wanted(config) if kind == "head"] == ["timer"]
    assert ("selftest", "recognizer") not in wanted(config)
    assert ("selftest", "recognizer") in wanted(Config())


def test_a_missing_model_is_pulled(good, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    good.write_text(good.read_text().replace("enabled = false", 'model = "sense-voice"'))
    (finding,) = found(good).values()
    assert finding.state == "broken"
    assert finding.remedy == "sudo edged models pull sense-voice"
    (opened,) = found(good, stages).values()
    assert (opened.state, "sense-voice" in opened.what) == ("broken", True)


def test_texts_come_without_a_missing_model_for_numbers_or_punctuation(good, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    asked = 'itn = "itn-zh-numbers"\npunctuation = "punctuation-zh-en"'
    good.write_text(good.read_text().replace("enabled = false", asked))
    states = {what.split("'")[1]: finding.state for what, finding in found(good).items() if "'" in what}
    assert states["itn-zh-numbers"] == states["punctuation-zh-en"] == "degraded"
    assert ("own", "itn") not in wanted(Config(recognize=Recognize(itn="own")))


def test_a_missing_model_of_ones_own_is_imported(good):
    good.write_text(good.read_text() + '[[heads.word]]\nname = "computer_mine"\n')
    (finding,) = found(good).values()
    assert "edged models import" in finding.remedy


def test_a_licence_waits_for_acceptance(root, models, tmp_path):
    file = write_config(tmp_path / "a.toml", models, "[recognize]\nenabled = false\n")
    file.write_text(file.read_text().replace('accept_licences = ["CC-BY-NC-SA-4.0"]\n', ""))
    findings = found(file)
    assert findings
    assert {finding.state for finding in findings.values()} == {"broken"}
    assert all("accept_licences" in finding.remedy for finding in findings.values())


def test_a_model_of_which_one_byte_is_another_is_broken(root, models, tmp_path):
    folder = tmp_path / "mine"
    home = install(folder, "silero_vad")
    (file,) = home.glob("*.onnx")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    config = write_config(tmp_path / "a.toml", folder, "[recognize]\nenabled = false\n")
    (what,) = [what for what in found(config) if "silero" in what]
    assert "sha256" in what


def test_the_self_test_recognizer_understands_nobody(root, models, tmp_path):
    (finding,) = found(write_config(tmp_path / "a.toml", models)).values()
    assert finding.state == "degraded"
    assert "does not understand people" in finding.what


def test_a_model_in_a_folder_that_the_service_may_not_enter_is_broken(root, models, tmp_path):
    users(root, "render")
    folder = tmp_path / "home"
    install(folder, "silero_vad")
    folder.chmod(0o700)
    config = write_config(tmp_path / "a.toml", folder, "[recognize]\nenabled = false\n")
    hidden = [finding for what, finding in found(config).items() if "the service may not read" in what]
    assert len(hidden) == 1
    assert hidden[0].state == "broken"
    assert "sudo edged models pull silero_vad" in hidden[0].remedy


def test_a_written_fallback_is_told_as_such(good):
    good.write_text(good.read_text() + '[features]\nbackend = "opencl"\nfallback = ["cpu"]\n')
    (finding,) = found(good, stages).values()
    assert (finding.state, finding.what.partition(" (")[0]) == (
        "degraded",
        "features: opencl unavailable",
    )
