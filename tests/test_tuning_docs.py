"""What docs/tuning.md and docs/calibrate.md tell people to type and to follow is there."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from edged import bench, cli

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("tuning.md", "calibrate.md")


def options(words: list[str]) -> set[str]:
    """Return the options of the command that begins so."""
    command = get_command(bench.app if words[0] == "edged-bench" else cli.app)
    for word in words[1:]:
        if not hasattr(command, "commands"):
            break
        assert word in command.commands, f"{' '.join(words)}: no such command"
        command = command.commands[word]
    return {name for each in command.params for name in (*each.opts, *each.secondary_opts)}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)", text):
        assert (DOCS / target).is_file(), target


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_exists(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    calls = re.findall(
        r"(?:`|sudo )((?:edged|edged-bench) (?:tune|calibrate|calibration|config)\b[^`\n#]*)", text
    )
    assert len(calls) >= 4
    for call in calls:
        words = shlex.split(call)
        known = options(words)
        assert {word for word in words if word.startswith("--")} <= known, call
