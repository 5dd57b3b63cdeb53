"""Which Linux distribution this is, and how things are installed there."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from edged.doctor.machine_files import text

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
"""Where os-release(5) is; the first found wins."""

INSTALL = {"debian": "sudo apt install {}", "fedora": "sudo dnf install {}", "arch": "sudo pacman -S {}"}
"""By family."""

PACKAGES: Mapping[str, Mapping[str, str]] = {
    "alsa-utils": {},
    "portaudio": {"debian": "libportaudio2"},
    "ocl-icd": {"debian": "ocl-icd-libopencl1"},
}
"""What a thing is called in a family, where that is not its own name."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A Linux distribution."""

    name: str
    """As it calls itself."""
    family: str | None
    """debian (Ubuntu and Armbian too), fedora, arch; None: unknown."""
    armbian: bool
    """Built by Armbian, whatever it is based on."""

    def install(self, package: str) -> str:
        """Return the command that installs a package of PACKAGES, or a sentence where nobody knows it."""
        if self.family is None:
            return f"install {package} with the package manager of your distribution"
        return INSTALL[self.family].format(PACKAGES[package].get(self.family, package))

    @property
    def vendor_kernel(self) -> str:
        """How one gets a kernel with Rockchip's own drivers for Mali and the NPU."""
        if self.armbian:
            return "choose a `vendor` kernel in `sudo armbian-config`"
        return "use an image of the board's maker, or Armbian's with the `vendor` kernel"


def distribution() -> Distribution:
    """Return what this machine runs; unknown where it does not say."""
    said = next((fields for file in OS_RELEASE if (fields := parsed(text(file)))), dict[str, str]())
    ids = [said.get("ID", ""), *said.get("ID_LIKE", "").split()]
    family = next((name for each in ids if (name := "debian" if each == "ubuntu" else each) in INSTALL), None)
    name = said.get("PRETTY_NAME") or said.get("NAME") or "an unknown distribution"
    return Distribution(name, family, bool(text("/etc/armbian-release")) or name.startswith("Armbian"))


def parsed(content: str) -> dict[str, str]:
    """Return the fields of an os-release file; lines of another form are left out."""
    fields: dict[str, str] = {}
    for line in content.splitlines():
        key, equals, value = line.partition("=")
        try:
            words = shlex.split(value)
        except ValueError:  # a quote that is not closed
            continue
        if equals and key.strip().isidentifier():
            fields[key.strip()] = " ".join(words)
    return fields
