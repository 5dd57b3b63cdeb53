"""Whether a running edged hears: what it says of itself, believed only while it lives and speaks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edged.runtime.report import STALE_S, Report, files, process_is_there, read, silence_s

Found = Literal[
    "hearing", "degraded", "muted", "starting", "stopping", "deaf", "stuck", "dead", "unreadable", "absent"
]

EXIT_CODES: dict[Found, int] = {"hearing": 0, "degraded": 1, "muted": 1, "starting": 1}
"""Of `edged status`; everything else is 3: no wake word would be answered now."""


@dataclass(frozen=True, slots=True)
class Health:
    """What was found, and why."""

    found: Found
    sentence: str
    report: Report | None
    """What it said last, None where nothing is known."""

    @property
    def exit_code(self) -> int:
        """0 hears, 1 hears less well than was asked for, is about to or is muted, 3 does not hear."""
        return EXIT_CODES.get(self.found, 3)


def health() -> Health:
    """Return the health of the nearest daemon of this machine that lives, else of the nearest that did."""
    found = [judge(read(file)) for file in files()]
    order = ("absent", "unreadable", "dead", "stuck")
    return max(found, key=lambda each: order.index(each.found) if each.found in order else len(order))


def judge(said: Report | str | None) -> Health:
    """Decide by what a file says whether its writer hears now."""
    if said is None:
        return Health("absent", "edged is not running", None)
    if isinstance(said, str):
        return Health("unreadable", said, None)
    silent_s = silence_s(said)
    if silent_s == float("inf") or not process_is_there(said.pid):
        sentence = (
            f"edged is not running: process {said.pid} ended without a word after {clock(said.written)}"
        )
        return Health("dead", sentence, said)
    if silent_s > STALE_S:
        sentence = f"edged (process {said.pid}) is stuck: it said nothing for {duration(silent_s)}"
        return Health("stuck", sentence, said)
    since = f"since {clock(said.since)}"
    match said.state:
        case "hearing" if said.degraded:
            return Health("degraded", f"edged hears {since}, degraded", said)
        case "hearing":
            return Health("hearing", f"edged hears {since}", said)
        case "muted":
            return Health("muted", f"edged is muted {since}: it hears nothing until `edged unmute`", said)
        case "deaf":
            return Health("deaf", f"edged is deaf {since}: {said.reason}", said)
        case _:
            reason = f": {said.reason}" if said.reason else ""
            return Health(said.state, f"edged is {said.state} {since}{reason}", said)


def duration(seconds: float) -> str:
    """Return a time in the two units that matter: `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`."""
    whole = int(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def clock(wall: str) -> str:
    """Return a moment as the clock of this place shows it; what is no moment is left as it is."""
    try:
        return datetime.fromisoformat(wall).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return wall
