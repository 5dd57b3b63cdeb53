"""The bench looks for models where `edged` does."""

import pytest
from typer.testing import CliRunner

from edged.bench import app
from edged.errors import ModelError


@pytest.mark.parametrize("how", ["told", "configured"])
def test_the_folder_that_was_told_or_configured_is_searched_first(tmp_path, monkeypatch, how):
    more = ["--dir", str(tmp_path)] if how == "told" else []
    if how == "configured":
        monkeypatch.setenv("EDGED__MODELS__DIR", str(tmp_path))
    with pytest.raises(ModelError, match=rf"looked in {tmp_path},"):
        CliRunner().invoke(app, ["asr", "x.wav", "--model", "nobody", *more], catch_exceptions=False)
