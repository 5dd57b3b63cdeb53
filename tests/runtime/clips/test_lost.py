"""A command without a text is told of, in whichever order its end and its loss come."""

from typing import Any

import numpy as np

from edged.runtime.clips.lost import NOT_KEPT, OPEN, LostCommands

SOUND = np.arange(100, dtype=np.int16)[:, None]
NAME = ("20261120T100000.000Z-lost-abcdef", "2026-11-20T10:00:00.000Z")


class Commands:
    """Commands whose clips are kept in a list."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.commands = LostCommands(lambda **fields: self.kept.append(fields))

    def open(self, utterance: int = 1) -> None:
        self.commands.opened("mic", utterance, "computer", 0.75, "the clip of the wake")

    def close(self, utterance: int = 1, sound: Any = SOUND) -> None:
        self.commands.closed("mic", utterance, 500, 900, sound)

    def lose(self, utterance: int = 1) -> str | None:
        id = self.commands.lost("mic", utterance, "it died", lambda: NAME)
        self.commands.answered("mic", utterance)
        return id


def test_lost_after_its_end():
    one = Commands()
    one.open()
    one.close()
    assert one.kept == []
    assert one.lose() == NAME[0]
    (kept,) = one.kept
    assert (kept["id"], kept["wall"]) == NAME
    assert (kept["word"], kept["reason"], kept["wake"]) == ("computer", "it died", "the clip of the wake")
    assert kept["sound"].begin.start == 500
    assert kept["sound"].raw == [SOUND]
    assert kept["no_sound"] == ""


def test_lost_before_its_end_it_is_kept_with_all_that_was_said():
    one = Commands()
    one.open()
    assert one.lose() == NAME[0]
    assert one.kept == []
    one.close()
    assert len(one.kept) == 1
    one.close()
    assert len(one.kept) == 1


def test_without_the_sound_of_commands_it_says_so():
    one = Commands()
    one.open()
    one.close(sound=None)
    one.lose()
    assert (one.kept[0]["sound"], one.kept[0]["no_sound"]) == (None, NOT_KEPT)


def test_an_answered_one_is_forgotten():
    one = Commands()
    one.open()
    one.close()
    one.commands.answered("mic", 1)
    assert one.lose() is None
    assert one.kept == []


def test_no_more_than_a_few_wait():
    one = Commands()
    for utterance in range(1, OPEN + 3):
        one.open(utterance)
        one.close(utterance)
    assert one.lose(1) is None
    assert one.lose(2) is None
    assert one.lose(3) == NAME[0]
