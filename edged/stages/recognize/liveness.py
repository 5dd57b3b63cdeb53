"""When a process counts as hung, and whether one that ended is followed by another at once. Pure."""

from collections.abc import Sequence

SETTLED_S = 10.0
"""Seconds a process must have served before an idle death is answered with a new one at once; one that dies
sooner waits for the next utterance, so a process that cannot live is never started in a circle."""

UNEXPLAINED = 3
"""Processes in a row that may die before they are settled and before they work on any utterance."""

MB = 10**6

STARVED = ("bad_alloc", "llocate memory", "MemoryError")
"""What onnxruntime and Python say where they get no memory."""

HAND_OVER_S = 30.0
"""Seconds after which a process that outgrew its memory is replaced though utterances are open: they are sent
again from their beginning."""

NEXT_TRY_S = 60.0
"""Seconds until a process that outgrew its memory, and whose successor could not load, is looked at again."""

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


def outgrown(resident: int | None, limit_mb: int) -> str | None:
    """Return why a process is to be replaced, or None.

    Args:
        resident: bytes of it in memory, None where nobody knows.
        limit_mb: most megabytes (10^6) that it may have, 0 for any.
    """
    if not limit_mb or resident is None or resident <= limit_mb * MB:
        return None
    return f"recognizer process grew to {resident / MB:.0f} MB, more than memory_mb = {limit_mb}"


def starved(reason: str) -> bool:
    """Return whether an utterance failed because memory was refused: the next ones would as well."""
    return any(said in reason for said in STARVED)


def room_beside(resident: int, available: int | None) -> bool:
    """Return whether a second process as large as one fits into the memory that is left."""
    return available is not None and available > 2 * resident


def start_again(waiting: int, lived_s: float) -> bool:
    """Return whether a process that ended is followed by another at once, or by the next utterance.

    Args:
        waiting: utterances without an answer; each can cost two processes at most, and nobody's fault
            `UNEXPLAINED`.
        lived_s: seconds since it was started.
    """
    return waiting > 0 or lived_s > SETTLED_S
