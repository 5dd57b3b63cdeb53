"""The private words of this machine: its names, its numbers, its people, its networks."""

import os
import pwd
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from edged.config.board import boards
from edged.config.keys import SECRET_NAMES, is_secret
from edged.config.load import DEFAULT_FILE, Loaded
from edged.config.problems import leaves
from edged.config.sysroot import on_machine
from edged.doctor.bug_report.scrub import secrets_in
from edged.doctor.machine_files import text
from edged.stages.audio.cards import capture_cards

CREDENTIALS = "/etc/edged/credentials"

SERIALS = (
    "/proc/device-tree/serial-number",
    "/sys/firmware/devicetree/base/serial-number",
    "/sys/class/dmi/id/product_serial",
    "/sys/class/dmi/id/board_serial",
    "/sys/class/dmi/id/product_uuid",
    "/etc/machine-id",
    "/proc/sys/kernel/random/boot_id",
)
NETWORKS = ("/etc/NetworkManager/system-connections", "/etc/wpa_supplicant", "/etc/netplan", "/var/lib/iwd")
"""Where names of wireless networks may lie; mostly for root alone, who may run this."""

SHORTEST_SERIAL = 4
"""Letters of a number that can tell one device from another."""

NOT_PRIVATE = frozenset({"root", "edged", "localhost", "nobody"})


def private_words() -> dict[str, str]:
    """Return each private word with what takes its place."""
    words: dict[str, str] = {}
    for name in _hosts():
        words[name] = "<host>"
    for home, name in _people():
        words[name] = "<user>"
        words[home] = "~"
    for serial in _serials():
        if len(serial) >= SHORTEST_SERIAL:
            words[serial] = "<serial>"
    for network in _networks():
        words[network] = "<network>"
    known = NOT_PRIVATE | boards().keys()  # a board that is called by its own name is one of thousands
    return {word: put for word, put in words.items() if word and word.casefold() not in known}


def secrets(file: Path | None, loaded: Loaded | None) -> Iterator[str]:
    """Yield every secret that could be read here: of the files, the environment, and the credentials."""
    for source in loaded.files if loaded else (file or DEFAULT_FILE,):
        try:
            yield from secrets_in(source.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    if loaded is not None:
        for place, value in leaves(loaded.config.model_dump(mode="json")):
            if is_secret(place) and isinstance(value, str) and not value.startswith("credential:"):
                yield value
    for name, value in os.environ.items():
        if name.startswith("EDGED__") and name.rpartition("__")[2].lower() in SECRET_NAMES:
            yield value
    folders = [on_machine(CREDENTIALS), Path(os.environ.get("CREDENTIALS_DIRECTORY", CREDENTIALS))]
    for folder in dict.fromkeys(folders):
        try:
            for credential in sorted(folder.iterdir()):
                yield credential.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            continue


def _hosts() -> Iterator[str]:
    for name in (socket.gethostname(), text("/etc/hostname"), text("/proc/sys/kernel/hostname")):
        yield name
        yield name.partition(".")[0]


def _people() -> Iterator[tuple[str, str]]:
    sudo = os.environ.get("SUDO_UID", "")
    for uid in {os.getuid(), int(sudo) if sudo.isdecimal() else 0}:
        try:
            entry = pwd.getpwuid(uid)
        except (KeyError, OverflowError):
            continue
        if entry.pw_dir not in ("", "/", "/root", "/nonexistent") and entry.pw_name not in NOT_PRIVATE:
            yield entry.pw_dir, entry.pw_name
    yield str(Path.home()), os.environ.get("USER", "")


def _serials() -> Iterator[str]:
    for file in SERIALS:
        yield text(file)
    for match in re.finditer(r"(?m)^Serial\s*:\s*(\S+)", text("/proc/cpuinfo")):
        yield match[1]
    for card in capture_cards():
        yield card.usb_serial


def _networks() -> Iterator[str]:
    for place in NETWORKS:
        try:
            files = sorted(on_machine(place).iterdir())
        except OSError:
            continue
        for file in files:
            if file.suffix in (".nmconnection", ".psk", ".open", ".8021x"):
                yield file.stem
            try:
                said = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
            except OSError:
                continue
            for match in re.finditer(r"""(?m)^\s*ssid\s*=\s*"?([^"\n]+)"?\s*$""", said):
                yield match[1].strip()
            if place == "/etc/netplan" and "access-points" in said:
                for match in re.finditer(r"""(?m)^\s+["']([^"'\n]+)["']\s*:\s*$""", said):
                    yield match[1]
