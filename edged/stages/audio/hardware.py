"""What arecord says of a PCM: what the hardware behind it can do, and how it was opened."""

import re
from dataclasses import dataclass

from edged.stages.audio.intake import Intake

WIDTHS = {"S16_LE": 2, "S32_LE": 4, "S24_3LE": 3}
"""Formats that are read, the best suited first, with the bytes of a sample."""
RATE = 48_000
"""Samples per second asked for where the hardware has a choice: nearly all of it has this one, and soxr makes
better 16 kHz of it than most cards do."""
MOST_CHANNELS = 16
"""More in one card are no hardware but a converter of ALSA, which makes up as many as one likes."""


@dataclass(frozen=True, slots=True)
class Form:
    """How samples come."""

    format: str = "S16_LE"
    channels: int = 2
    rate: int = RATE

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return WIDTHS[self.format] * self.channels


def suited(dump: str, intake: Intake) -> Form:
    """Return how to open a PCM of which `arecord --dump-hw-params` says this: all its channels, 48 kHz.

    What it does not say is guessed; arecord then says itself what is wrong with that.
    """
    formats = re.search(r"^FORMAT: +(.*)$", dump, re.MULTILINE)
    offered = formats[1].split() if formats else []
    channels = _range("CHANNELS", dump)
    rates = _range("RATE", dump)
    return Form(
        next((form for form in WIDTHS if form in offered), "S16_LE"),
        _channels(*channels, intake) if channels else Form().channels,
        min(max(RATE, rates[0]), rates[1]) if rates else RATE,
    )


def _channels(lowest: int, highest: int, intake: Intake) -> int:
    if highest <= MOST_CHANNELS:
        return highest
    asked = intake.channel + 1 if isinstance(intake.channel, int) else 1
    return min(max(2, asked, lowest), highest)


def _range(name: str, dump: str) -> tuple[int, int] | None:
    """Return an interval as ALSA writes it: `2`, `[1 2]`, and round brackets where an end is left out."""
    found = re.search(rf"^{name}: +([\[(]?)([0-9]{{1,10}})(?: ([0-9]{{1,10}})([\])]))?", dump, re.MULTILINE)
    if found is None:
        return None
    lowest = int(found[2]) + (found[1] == "(")
    highest = int(found[3]) - (found[4] == ")") if found[3] else lowest
    return (lowest, highest) if 1 <= lowest <= highest else None


def opened(setup: str, asked: Form) -> tuple[Form, int]:
    """Return how `arecord -v` says it opened the PCM, and the samples per channel that its ring holds.

    arecord goes on at another rate than it was asked for, so what was asked for counts only where it says
    nothing. The first setup is of the PCM itself, those of its slaves follow.
    """
    first = setup.partition("Its setup is:")[2].partition("Its setup is:")[0]
    values = dict(re.findall(r"^ +(\w+) +: (\S+)", first, re.MULTILINE))
    number = {name: int(text) for name, text in values.items() if re.fullmatch(r"[0-9]{1,9}", text)}
    form = Form(
        values["format"] if values.get("format") in WIDTHS else asked.format,
        number.get("channels") or asked.channels,
        number.get("rate") or asked.rate,
    )
    return form, number.get("buffer_size", 0)
