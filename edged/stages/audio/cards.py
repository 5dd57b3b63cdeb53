"""What sound cards of this machine can capture, from /proc/asound and /sys: nothing is opened for it."""

import re
from dataclasses import dataclass
from pathlib import Path

from edged.config.sysroot import on_machine

CARDS = "/proc/asound/cards"
PCMS = "/proc/asound/pcm"

NEVER = {
    "hdmi": "HDMI-in: silent, or hangs, unless a picture comes in",
    "loopback": "a loopback: hears what this machine plays",
    "dummy": "a dummy: hears nothing",
}
"""Cards that `mic:` takes only by name: part of their id or name, and why."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that has a capture PCM open."""

    pid: int
    name: str
    """Empty where it cannot be read."""

    def __str__(self) -> str:
        return f"process {self.pid} ({self.name})" if self.name else f"process {self.pid}"


@dataclass(frozen=True, slots=True)
class Card:
    """A sound card with at least one capture PCM."""

    index: int
    """Moves between boots and kernels: good for one opening only."""
    id: str
    name: str
    long_name: str
    pcm: int
    """Number of its first capture PCM."""
    usb_path: str = ""
    """Port it is plugged into, e.g. `1-1.4`: stays the same; empty where it is no USB card."""
    usb_serial: str = ""
    rates: str = ""
    """As its driver says, samples per second; only USB cards tell without being opened."""
    channels: tuple[int, ...] = ()
    """Numbers of channels it can deliver, as `rates`."""
    holder: Holder | None = None
    """Who has its first capture PCM open."""

    @property
    def usb(self) -> bool:
        """Whether it is plugged into a USB port."""
        return bool(self.usb_path)

    @property
    def why_not(self) -> str:
        """Return why `mic:` takes it by name only; empty where it may be taken."""
        text = f"{self.id} {self.name} {self.long_name}".lower()
        return next((why for part, why in NEVER.items() if part in text), "")

    @property
    def node(self) -> Path:
        """Device file of its first capture PCM."""
        return on_machine(f"/dev/snd/pcmC{self.index}D{self.pcm}c")


def capture_cards() -> tuple[Card, ...]:
    """Return every card that can capture, by index; none where there is no sound at all."""
    first: dict[int, int] = {}
    for match in re.finditer(r"^(\d+)-(\d+):.*\bcapture \d", _text(PCMS), re.MULTILINE):
        first.setdefault(int(match[1]), int(match[2]))
    found = re.finditer(r"^ *(\d+) \[(.*?) *\]: (.*?) - (.*)\n +(.*)$", _text(CARDS), re.MULTILINE)
    return tuple(
        _card(int(index), name_of_id, name, long_name, first[int(index)])
        for index, name_of_id, _driver, name, long_name in (match.groups() for match in found)
        if int(index) in first
    )


def _card(index: int, name_of_id: str, name: str, long_name: str, pcm: int) -> Card:
    usb_path, usb_serial = _usb(index)
    rates, channels = offers(_text(f"/proc/asound/card{index}/stream0")) if usb_path else ("", ())
    holder = _holder(index, pcm)
    return Card(
        index, name_of_id, name.strip(), long_name.strip(), pcm, usb_path, usb_serial, rates, channels, holder
    )


def _usb(index: int) -> tuple[str, str]:
    """Return port and serial number of a USB card: its sound interface lies below the port's folder."""
    interface = on_machine(f"/sys/class/sound/card{index}/device").resolve()
    path, colon, _ = interface.name.partition(":")
    if not colon or not re.fullmatch(r"\d+-\d+(\.\d+)*", path):
        return "", ""
    return path, _read(interface.parent / "serial").strip()


def offers(stream: str) -> tuple[str, tuple[int, ...]]:
    """Return rates and numbers of channels of the capture half of a USB card's `stream0`."""
    capture = stream.partition("\nCapture:")[2]
    rates = dict.fromkeys(re.findall(r"^ +Rates: (.*?) *$", capture, re.MULTILINE))
    channels = {int(count[:4]) for count in re.findall(r"^ +Channels: ([0-9]+)", capture, re.MULTILINE)}
    return "; ".join(rates), tuple(sorted(channels))


def _holder(index: int, pcm: int) -> Holder | None:
    status = _text(f"/proc/asound/card{index}/pcm{pcm}c/sub0/status")
    owner = re.search(r"^owner_pid *: *(\d+)", status, re.MULTILINE)
    return Holder(int(owner[1]), _text(f"/proc/{int(owner[1])}/comm").strip()) if owner else None


def _text(path: str) -> str:
    return _read(on_machine(path))


def _read(file: Path) -> str:
    """Return the text of a file of the kernel; none where it is not there or not for us."""
    try:
        return file.read_bytes()[:65_536].decode("utf-8", "replace")
    except OSError:
        return ""
