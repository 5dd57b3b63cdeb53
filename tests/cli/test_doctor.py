"""`edged doctor`: a table for people, one document for programs, and the exit code of the worst finding."""

import json

import pytest

from tests.daemon import DEMO, models, run, write_config

__all__ = ["models"]


@pytest.fixture
def config(models, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    more = f'[audio]\nsource = "wav:{DEMO}"\n[recognize]\nenabled = false\n'
    return write_config(tmp_path / "edged.toml", models, more)


def test_a_machine_that_is_no_board_is_degraded_at_worst_and_told_in_a_table(config):
    code, out, err = run("doctor", "-c", config)
    assert (code, err) == (1, "")
    for line in (
        "board    good",
        "no Mali GPU of an RK3588 here",
        "no NPU of an RK3588 here",
        "→ sudo groupadd",
    ):
        assert line in out
    assert out.splitlines()[-1] == "this machine: degraded"


def test_the_document_holds_every_finding(config):
    code, out, err = run("doctor", "-c", config, "--json")
    document = json.loads(out)
    assert (code, err, document["state"]) == (1, "", "degraded")
    assert {tuple(finding) for finding in document["findings"]} == {("check", "state", "what", "remedy")}
    checks = list(dict.fromkeys(finding["check"] for finding in document["findings"]))
    assert checks == [
        *(
            "board",
            "software",
            "files",
            "groups",
            "audio",
            "models",
            "gpu",
            "npu",
            "clocks",
            "stages",
            "service",
        )
    ]
    for finding in document["findings"]:
        assert (finding["remedy"] is None) == (finding["state"] == "good"), finding
        assert "itself broke" not in finding["what"]


def test_a_wrong_configuration_is_broken_and_the_rest_is_still_examined(config):
    config.write_text("[odd]\nx = 1\n")
    code, out, _ = run("doctor", "-c", config, "--json")
    assert code == 3
    found = json.loads(out)["findings"]
    assert next(each["what"] for each in found if each["check"] == "files").startswith("configuration: ")
    assert found[-1]["check"] == "service"
