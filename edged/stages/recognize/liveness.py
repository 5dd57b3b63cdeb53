"""When a process counts as hung, and whether one that ended is followed by another at once. Pure."""

from collections.abc import Sequence

SETTLED_S = 10.0
"""Seconds a process must have served before an idle death is answered with a new one at once; one that dies
sooner waits for the next utterance, so a process that cannot live is never started in a circle."""

UNEXPLAINED = 3
"""Processes in a row that may die before they are settled and before they work on any utterance."""

SLOWEST = 2.0
"""Seconds of decoding per second of waiting audio before a process that still beats counts as hung."""


def hung(quiet_s: float, busy_s: float, audio_s: float, limit_s: float) -> str | None:
    """Return why a process with work counts as hung, or None.

    Args:
        quiet_s: seconds since it said anything.
        busy_s: seconds it says it has been working on one message.
        audio_s: seconds of audio of the utterance it works on: decoding may take `SLOWEST` times that.
        limit_s: patience, seconds.
    """
    if quiet_s > limit_s:
        return f"recognizer process hung: no sign of life for {limit_s:g} s"
    if busy_s > limit_s + SLOWEST * audio_s:
        return f"recognizer process hung: {busy_s:.0f} s on one piece of {audio_s:.1f} s of audio"
    return None


def blamed(works_on: int, waiting: Sequence[int]) -> int:
    """Return the utterance that a process died of, 0 for none.

    Args:
        works_on: the utterance it last worked on, 0 for none.
        waiting: utterances without an answer. Where there is only one, nobody innocent can be meant.
    """
    if works_on in waiting:
        return works_on
    return waiting[0] if len(waiting) == 1 and not works_on else 0


def start_again(waiting: int, lived_s: float) -> bool:
    """Return whether a process that ended is followed by another at once, or by the next utterance.

    Args:
        waiting: utterances without an answer; each can cost two processes at most, and nobody's fault
            `UNEXPLAINED`.
        lived_s: seconds since it was started.
    """
    return waiting > 0 or lived_s > SETTLED_S
