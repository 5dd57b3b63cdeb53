"""What the README and the scripts tell a newcomer to type is understood by this version."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edged import bench, cli
from edged.config.load import load

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PLACES = ("README.md", "scripts/demo", "scripts/setup", "scripts/test", ".ci/run")


def typed() -> list[list[str]]:
    """Every call of edged in the README and the scripts, as words."""
    found = []
    for place in PLACES:
        text = (ROOT / place).read_text(encoding="utf-8").replace("\\\n", " ")
        for call in re.findall(r"\.venv/bin/(edged.*)", text):
            words = shlex.split(call, comments=True)
            found.append([word for word in words if word not in ("$@", "${@}")])
    return found


def table() -> list[str]:
    """The commands of the README's table, one for each alternative."""
    rows = re.findall(r"^\| `(edged[^`]*)` \|", README, re.MULTILINE)
    calls = []
    for row in rows:
        *start, last = row.replace("\\|", "|").replace(" FILE…", "").split()
        calls += [" ".join([*start, each]) for each in last.split("|")]
    return calls


def understood(words: list[str]) -> bool:
    """Whether every command and option exists: asked for its help, a call is parsed and not run."""
    app = {"edged": cli.app, "edged-bench": bench.app}[words[0]]
    done = CliRunner().invoke(app, [*words[1:], "--help"])
    assert done.exit_code in (0, 2), done.output
    return done.exit_code == 0


@pytest.mark.parametrize("words", typed(), ids=" ".join)
def test_a_call_written_for_a_newcomer_is_understood(words):
    assert understood(words)


@pytest.mark.parametrize("call", table())
def test_a_command_of_the_table_exists(call):
    assert understood(call.split())


def test_a_wrong_call_would_be_found():
    assert not understood(["edged", "models", "pull", "--silently", "embedding"])
    assert not understood(["edged", "modelz", "pull"])
    assert len(typed()) >= 5
    assert len(table()) >= 10


def test_the_configuration_of_the_readme_is_good(tmp_path):
    (block,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "edged.toml").write_text(block)
    config = load(tmp_path / "edged.toml", environ={}).config
    assert config.heads.word[0].name == tomllib.loads(block)["heads"]["word"][0]["name"]


def test_what_the_readme_links_to_exists():
    assert [link for link in re.findall(r"\]\(([^)#:]+)\)", README) if not (ROOT / link).exists()] == []
