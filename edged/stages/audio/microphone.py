"""A microphone of this machine through PortAudio, which runs in a process of its own."""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import edged
from edged.errors import AudioDeviceLost, ConfigError, EdgedError
from edged.stages.audio.alarm import Clock
from edged.stages.audio.cards import Card, capture_cards
from edged.stages.audio.intake import Intake
from edged.stages.audio.live import Sound
from edged.stages.audio.portaudio import HEADER
from edged.stages.audio.program import Program
from edged.stages.audio.samples import to_float
from edged.stages.audio.trouble import explained

COMMAND = (sys.executable, "-P", "-m", "edged.stages.audio.portaudio")
READ_BYTES = 32 * 1024
LONGEST_LINE = 64 * 1024
LONGEST_PIECE = 1 << 20
"""Bytes: far above what the process sends at once; more means that it does not speak our language."""


class Microphone:
    """A feed from PortAudio: of the card, or where that is None of what PortAudio calls `name`.

    A crash, a hang and a card plugged in later are those of the process: it is begun anew with each opening.

    Raises:
        AudioDeviceLost: Absent, busy or forbidden, also from `receive`.
        ConfigError: From `receive`: sounddevice or PortAudio is not installed.
    """

    def __init__(
        self,
        name: str,
        card: Card | None,
        intake: Intake,
        clock: Clock = time.monotonic,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.what = f"mic:{card.id if card is not None else name}"
        self._card = card
        self._clock = clock
        self._held = b""
        self._form: tuple[int, int] | None = None
        """Rate and channels."""
        if card is not None:
            _check(self.what, card)
        # PortAudio knows cards by their index of the moment
        target = name if card is None else f"(hw:{card.index},{card.pcm})"
        channel = intake.channel if isinstance(intake.channel, int) else 0
        self._program = Program((*command, target, str(channel)), "python3", _environment())

    @property
    def pid(self) -> int:
        """Process that holds PortAudio."""
        return self._program.pid

    def receive(self, timeout_s: float) -> Sound | None:
        """Wait for some sound; see `Feed`."""
        deadline = self._clock() + timeout_s
        while (sound := self._next()) is None:
            if not self._program.wait(deadline - self._clock()):
                return None
            self._program.lines()
            data = self._program.read(READ_BYTES)
            if data == b"":
                raise self._failed("driver", "")
            self._held += data or b""
        return sound

    def interrupt(self) -> None:
        """End a `receive`; see `Feed`."""
        self._program.interrupt()

    def close(self) -> None:
        """End the process; see `Feed`."""
        self._program.close()

    def _next(self) -> Sound | None:
        """Return the next piece where it is there as a whole."""
        if self._form is None and not self._begin():
            return None
        assert self._form is not None
        if len(self._held) < HEADER.size:
            return None
        lost, size = HEADER.unpack_from(self._held)
        if size > LONGEST_PIECE or size % (2 * self._form[1]):
            raise self._nonsense()
        if len(self._held) < HEADER.size + size:
            return None
        data = self._held[HEADER.size : HEADER.size + size]
        self._held = self._held[HEADER.size + size :]
        return Sound(to_float(data, 2, self._form[1]), self._form[0], lost)

    def _begin(self) -> bool:
        """Take the first line, if it is there."""
        line, end, rest = self._held.partition(b"\n")
        if not end and len(line) < LONGEST_LINE:
            return False
        try:
            said = cast("dict[str, Any]", json.loads(line))
            if "problem" in said:
                raise self._failed(str(said["problem"]), str(said["text"]))
            self._form = (int(said["rate"]), int(said["channels"]))
        except (ValueError, KeyError, TypeError) as exc:
            raise self._nonsense() from exc
        self._held = rest
        if self._card is not None and self._card.id not in {
            card.id for card in capture_cards() if card.index == self._card.index
        }:
            raise AudioDeviceLost(f"{self.what}: went away while it was opened")
        return True

    def _nonsense(self) -> AudioDeviceLost:
        return AudioDeviceLost(f"{self.what}: PortAudio's process sent something that is no sound")

    def _failed(self, problem: str, text: str) -> EdgedError:
        if problem == "missing":
            return ConfigError(
                f"{self.what}: {text}: pip install sounddevice, apt install libportaudio2; "
                "or use arecord:PCM, which needs neither"
            )
        if problem == "several":
            return AudioDeviceLost(
                f"{self.what} means several of PortAudio's microphones: {text}; say the whole name of one"
            )
        ended = self._program.ended()
        card = None if self._card is None else _again(self._card)
        if problem == "absent" and card is None:
            return AudioDeviceLost(f"{self.what}: not there; see `edged devices` ({text})")
        said = [*self._program.said, *([text] if text else [])]
        if problem == "absent" and card is not None:
            said = [
                "resource busy" if card.holder else "PortAudio does not offer it; try arecord:" + _pcm(card)
            ]
        return explained(self.what, said, f"PortAudio's process {ended}", card)


def _check(what: str, card: Card) -> None:
    """Say at once what PortAudio would only leave out of its list."""
    if card.node.exists() and not os.access(card.node, os.R_OK | os.W_OK):
        raise explained(what, ["permission denied"], "", card)
    if card.holder is not None:
        raise explained(what, ["resource busy"], "", card)


def _again(card: Card) -> Card | None:
    return next((other for other in capture_cards() if other.id == card.id), None)


def _pcm(card: Card) -> str:
    return f"plughw:CARD={card.id},DEV={card.pcm}"


def _environment() -> dict[str, str]:
    root = str(Path(edged.__file__).parents[1])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": path, "LC_ALL": "C"}
