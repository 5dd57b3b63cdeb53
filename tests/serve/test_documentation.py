"""What the pages about the network tell people to type works, and what they list is what there is."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import soundfile

from edged.config.hook_names import SAID
from edged.config.load import load
from edged.messages import AssistantSaid
from edged.serve.funasr import replies
from edged.serve.funasr.asked import MODES, Asked, read
from edged.serve.openai.fields import FORMS
from edged.serve.wyoming.satellite.session import ANSWERS
from edged.serve.wyoming.satellite.told import KINDS
from tests.daemon import TEXT, write_config

ROOT = Path(__file__).parents[2]
PAGES = ("home-assistant", "funasr", "openai", "sherpa", "network")
PORTS = {"10400": "wyoming", "10095": "funasr", "6006": "sherpa", "6007": "sherpa_files", "8000": "openai"}


def text_of(page: str) -> str:
    return (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")


def blocks(kinds: str) -> list:
    found = []
    for page in PAGES:
        for kind, block in re.findall(rf"```({kinds})\n(.*?)```", text_of(page), re.DOTALL):
            found += [pytest.param(kind, block, id=f"{page}-{kind}-{len(found)}")]
    return found


def rows(page: str) -> set[str]:
    """What stands in code in the first cell of each row of a page's tables."""
    cells = re.findall(r"^\| ([^|]*) \|", text_of(page), re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]*)`", cell)}


@pytest.mark.parametrize(("kind", "block"), blocks("python|sh"))
def test_what_is_to_be_typed_works(served, spoken, tmp_path, kind, block):
    for port, name in PORTS.items():
        block = block.replace(f":{port}/", f":{served.ports[name]}/").replace(
            f", {port})", f", {served.ports[name]})"
        )
    soundfile.write(tmp_path / "command.wav", spoken.command, 16_000)
    command = [sys.executable, "-c", block] if kind == "python" else ["bash", "-ec", block]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert TEXT in ended.stdout or (tmp_path / "cert.pem").exists()


@pytest.mark.parametrize(("kind", "block"), blocks("toml"))
def test_every_table_is_a_configuration(models, tmp_path, monkeypatch, certificate, kind, block):
    cert, key = certificate
    (tmp_path / "edged-token").write_text("a long secret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    block = block.replace("/etc/edged/cert.pem", str(cert)).replace("/etc/edged/key.pem", str(key))
    config = load(write_config(tmp_path / "edged.toml", models, block)).config
    assert any(getattr(config.serve, name).enabled for name in ("wyoming", "funasr", "sherpa", "openai"))


def test_each_key_that_funasr_clients_send_is_listed_and_does_something():
    said = {
        "mode": "online",
        "wav_name": "other",
        "wav_format": "wav",
        "audio_fs": 8000,
        "hotwords": "edged",
        "itn": False,
        "svs_itn": False,
        "svs_lang": "en",
    }
    assert said.keys() <= rows("funasr")
    for key, value in said.items():
        assert read(json.dumps({key: value}), Asked()).asked != Asked(), key
    assert set(MODES) <= set(re.findall(r"`(\w+)`", text_of("funasr")))


def test_each_key_that_is_answered_to_funasr_clients_is_listed():
    answers = [replies.done("2pass", "x", "why"), replies.sentence("2pass", "x", "y", (), 0.0, final=True)]
    assert set().union(*answers) - {"wav_name"} <= rows("funasr") | {"is_end"}


def test_every_form_of_a_response_is_listed():
    (row,) = [line for line in text_of("openai").splitlines() if line.startswith("| `response_format`")]
    assert set(re.findall(r"`(\w+)`", row)) - {"response_format"} == set(FORMS)


def test_what_a_satellite_takes_and_tells_is_listed():
    assert {*KINDS, *ANSWERS, *get_args(AssistantSaid)} <= rows("home-assistant")
    hooks = (ROOT / "docs/hooks.md").read_text(encoding="utf-8")
    assert set(SAID) <= set(re.findall(r"`([^`]*)`", hooks))


def test_every_way_to_be_refused_over_wyoming_is_listed():
    source = "".join(path.read_text() for path in (ROOT / "edged/serve/wyoming").glob("*.py"))
    codes = set(re.findall(r'(?:code="|, ")(busy|bad-event|failed|idle|lost|fault)"', source))
    assert codes <= rows("home-assistant")
    assert len(codes) == 6
