"""Signals that ask the daemon for something: remembered, never acted on in the handler."""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

ENDING = (signal.SIGTERM, signal.SIGINT)
"""What asks for the end: systemd's and a terminal's."""


def leave_at_once(code: int) -> Callable[[], None]:
    """Until anything is open that would have to be closed, end with this exit code and no traceback.

    Returns:
        What puts back the answers that were there before.
    """

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        os._exit(code)

    before = {number: signal.signal(number, leave) for number in ENDING}

    def restore() -> None:
        for number, answer in before.items():
            signal.signal(number, answer)

    return restore


class Signals:
    """Remembers the signals that came; a handler may do no more than that."""

    def __init__(self, hangup: bool) -> None:
        """`hangup`: SIGHUP is remembered as well, instead of ending the process."""
        self.ends = 0
        """How often the end was asked for."""
        self._hangups = 0
        for number in ENDING:
            signal.signal(number, self._note)
        if hangup:
            signal.signal(signal.SIGHUP, self._note_hangup)

    def hangup_seen(self) -> bool:
        """Tell, once, that SIGHUP came since the last time; several at once are one."""
        came, self._hangups = self._hangups > 0, 0
        return came

    def _note_hangup(self, number: int, frame: FrameType | None) -> None:
        self._hangups += 1

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.ends += 1
