"""Sound cards as the kernel shows them below /proc and /sys, laid out in a folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fake:
    """One card, as it may be plugged in."""

    id: str
    name: str
    long_name: str = ""
    capture: bool = True
    usb_path: str = ""
    usb_serial: str = ""
    stream: str = ""
    """Text of `stream0`."""
    pcm: int = 0
    owner: int = 0
    """Process that captures."""


MIC_STREAM = """\
C-Media Electronics Inc. USB Audio Device at usb-fc880000.usb-1, full speed : USB Audio

Playback:
  Status: Stop
  Interface 1
    Altset 1
    Format: S16_LE
    Channels: 2
    Rates: 48000, 44100

Capture:
  Status: Stop
  Interface 2
    Altset 1
    Format: S16_LE
    Channels: 1
    Endpoint: 0x82 (2 IN) (ASYNC)
    Rates: 48000, 44100
    Bits: 16
"""

HDMI_OUT = Fake("rockchiphdmi0", "rockchip-hdmi0", capture=False)
HDMI_IN = Fake("rockchiphdmiin", "rockchip,hdmiin")
CODEC = Fake("rockchipes8388", "rockchip,es8388")
LOOPBACK = Fake("Loopback", "Loopback", "Loopback 1")
USB = Fake(
    "Device",
    "USB Audio Device",
    "C-Media Electronics Inc. USB Audio Device at usb-fc880000.usb-1, full speed",
    usb_path="5-1",
    stream=MIC_STREAM,
)
TWIN = Fake("Device_1", "USB Audio Device", USB.long_name.replace("usb-1", "usb-2"), usb_path="5-1.4")
ARRAY = Fake("ArrayUAC10", "ReSpeaker 4 Mic Array (UAC1.0)", usb_path="3-1", usb_serial="0123AB")


def plug(root: Path, *cards: Fake) -> None:
    """Lay out these cards, numbered in this order, in place of those that were there."""
    listed = pcms = ""
    for index, card in enumerate(cards):
        long_name = card.long_name or card.name
        listed += f"{index:2} [{card.id:<15}]: {card.name} - {card.name}\n                      {long_name}\n"
        both = "playback 1 : capture 1" if card.usb_path else "capture 1" if card.capture else "playback 1"
        pcms += f"{index:02}-{card.pcm:02}: {card.name} : {card.name} : {both}\n"
        sound = root / "sys/class/sound" / f"card{index}"
        sound.mkdir(parents=True, exist_ok=True)
        (sound / "device").unlink(missing_ok=True)
        port = root / "sys/devices/platform/usb" / (card.usb_path or "codec")
        interface = port / (f"{card.usb_path}:1.0" if card.usb_path else "es8388-sound")
        interface.mkdir(parents=True, exist_ok=True)
        (sound / "device").symlink_to(interface)
        if card.usb_serial:
            (port / "serial").write_text(card.usb_serial + "\n")
        status = f"state: RUNNING\nowner_pid   : {card.owner}\n" if card.owner else "closed\n"
        write(root, f"proc/asound/card{index}/pcm{card.pcm}c/sub0/status", status)
        write(root, f"proc/asound/card{index}/stream0", card.stream)
    write(root, "proc/asound/cards", listed or "--- no soundcards ---\n")
    write(root, "proc/asound/pcm", pcms)


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
