"""From what ALSA says when a card cannot be used to what a person can do about it."""

import re
from collections.abc import Sequence

from edged.errors import AudioDeviceLost, ConfigError, EdgedError
from edged.stages.audio.cards import Card

GONE = ("no such device", "cannot get card index", "cannot find card", "input/output error")
"""A card that was unplugged, or whose driver is not there yet."""


def explained(what: str, said: Sequence[str], ended: str, card: Card | None) -> EdgedError:
    """Return the error for a program of ALSA that did not deliver.

    what: its SPEC. said: its last lines. ended: how the process ended. card: the one it was to open, looked
    at again now; None where it is not there or the PCM names none.
    """
    text = "\n".join(said).lower()
    if "resource busy" in text or "device unavailable" in text:
        holder = (
            f" by {card.holder}" if card is not None and card.holder is not None else " by another program"
        )
        return AudioDeviceLost(f"{what}: in use{holder}; end that, or choose another of `edged devices`")
    if "permission denied" in text:
        return AudioDeviceLost(f"{what}: permission denied; add the user of edged to group audio")
    if any(sign in text for sign in GONE):
        return AudioDeviceLost(f"{what}: not there; plug it in, or choose one of `edged devices`")
    unknown = re.search(r"unknown pcm (.*)", text)
    if unknown is not None:
        return ConfigError(f"{what}: ALSA knows no PCM of this name; see `edged devices` and `arecord -L`")
    return AudioDeviceLost(f"{what}: {_last(said) or ended}; see `edged devices`")


def _last(said: Sequence[str]) -> str:
    """Return the last line without the place in the program that says it."""
    for line in reversed(said):
        if text := re.sub(r"^(arecord|ALSA lib [\w.]+):\S+ ?(?:\(\w+\) )?", "", line).strip():
            return text.rstrip(".")
    return ""
