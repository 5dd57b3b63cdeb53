"""The wake words of network streams: those that wake, with the rules in force."""

import pytest

from edged.config.load import load
from edged.runtime.kit import open_kit
from edged.runtime.watch import Watch
from tests.daemon import models, write_config

__all__ = ["models"]

TOML = """
[recognize]
enabled = false
[[heads.word]]
name = "alexa"
role = "stop"
[[heads.word]]
name = "hey_jarvis"
"""


@pytest.fixture
def kit_and_config(models, tmp_path):
    config = load(write_config(tmp_path / "edged.toml", models, TOML), environ={}).config
    kit = open_kit(config, background=False)
    yield kit, config
    kit.close()


def test_a_stop_word_is_neither_offered_nor_heard_until_its_role_changes(kit_and_config):
    kit, config = kit_and_config
    watch = Watch(config, kit)
    try:
        assert list(watch.heads) == ["hey_jarvis"]
        scorers, (only,) = watch.open()
        assert (only.rule.word, scorers.heads.columns[only.column]) == ("hey_jarvis", "hey_jarvis")
        words = tuple(word.model_copy(update={"role": "wake"}) for word in config.heads.word)
        watch.obey(config.heads.model_copy(update={"word": words}))
        assert list(watch.heads) == ["alexa", "hey_jarvis"]
        assert [wake.rule.word for wake in watch.open()[1]] == ["alexa", "hey_jarvis"]
    finally:
        watch.close()
