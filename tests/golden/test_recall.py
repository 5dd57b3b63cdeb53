"""What people said is heard, and what they did not say is not: whole recordings, each from a fresh start."""

from pathlib import Path

import pytest

from edged.config.load import load
from edged.runtime.scores import score_files
from tests.assets import asset
from tests.daemon import models, write_config

__all__ = ["models"]

THRESHOLD = 0.5


def peaks(folder: str, head: str, models: Path, tmp_path: Path) -> dict[str, float]:
    """Highest score of every recording below a folder."""
    config = load(write_config(tmp_path / "edged.toml", models)).config
    files = sorted(path for path in asset(folder).rglob("*") if path.suffix in (".wav", ".flac"))
    scored = score_files(files, [head], config)
    return {Path(each["file"]).name: max(each["scores"][head]) for each in scored}


def test_alexa_is_heard_from_97_of_100_people(models, tmp_path):
    found = peaks("wake/positive/alexa", "alexa", models, tmp_path)
    missed = {name: round(peak, 3) for name, peak in found.items() if peak < THRESHOLD}
    assert len(found) >= 200
    assert len(missed) <= 0.03 * len(found), missed


@pytest.mark.parametrize("head", ["alexa", "hey_jarvis"])
def test_other_wake_words_wake_nothing(head, models, tmp_path):
    found = peaks("wake/negative", head, models, tmp_path)
    assert len(found) >= 100
    assert {name: peak for name, peak in found.items() if peak >= THRESHOLD} == {}
