"""Who asks for the configuration to be read again, and what they are told."""

import logging

import pytest

from edged.config.reload import Reload
from edged.config.schema import Config
from edged.errors import ConfigError
from edged.runtime.anew import Anew
from edged.runtime.desk import Desk
from edged.runtime.service import Service
from edged.stages.sinks.order import Order


class Hangups:
    """Signals of which a test says when they come."""

    asked = False

    def hangup_seen(self) -> bool:
        asked, self.asked = self.asked, False
        return asked


class Obedient:
    """A run that takes heads at once, and another microphone at its next start."""

    def obey(self, new: Config) -> Reload:
        return Reload(new, ("heads",), ("audio.source",))


class Rig:
    def __init__(self, *files: Config | ConfigError) -> None:
        self.files = list(files)
        self.log: list[object] = []
        self.signals, self.desk = Hangups(), Desk()
        self.desk.watched_by(lambda: None, reads=True)
        self.anew = Anew(self.read, self.signals, self.desk, Service({}))

    def read(self) -> Config:
        self.log.append("read")
        found = self.files.pop(0)
        if isinstance(found, ConfigError):
            raise found
        return found

    def ask(self, id: int) -> None:
        self.desk.take(Order("reload", id), "socket", self.log.append)

    def look(self) -> None:
        self.anew.look(Obedient(), lambda: self.log.append("ready"))


def test_where_nobody_asks_nothing_is_read():
    rig = Rig()
    rig.look()
    assert rig.log == []


def test_all_who_asked_are_answered_from_one_reading_once_it_is_over():
    rig = Rig(Config())
    rig.ask(1)
    rig.ask(2)
    rig.signals.asked = True
    rig.look()
    read, ready, *answers = rig.log
    assert (read, ready) == ("read", "ready")
    assert [(answer.id, answer.error) for answer in answers] == [(1, None), (2, None)]
    assert answers[0].more == {"now": ("heads",), "later": ("audio.source",)}
    rig.look()
    assert len(rig.log) == 4


def test_one_that_is_wrong_is_told_until_a_good_one_is_read(caplog):
    caplog.set_level(logging.INFO)
    rig = Rig(ConfigError("a.toml: 1: unknown key\na.toml: 2: another"), Config())
    rig.ask(1)
    rig.look()
    said = "configuration not taken, the old one stays: a.toml: 1: unknown key"
    assert rig.anew.refused == rig.log[-1].error == said
    assert "a.toml: 2: another" in caplog.text
    rig.signals.asked = True
    rig.look()
    assert rig.anew.refused == ""
    assert "in force now: heads" in caplog.text
    assert "takes effect at the next start: audio.source" in caplog.text


@pytest.mark.parametrize("by_signal", [True, False])
def test_one_that_reads_its_configuration_once_is_deaf_to_both(by_signal):
    rig = Rig()
    rig.anew = Anew(None, rig.signals, rig.desk, Service({}))
    rig.signals.asked = by_signal
    rig.look()
    assert rig.log == []
