"""Which OpenCL device computes: a GPU, ARM's before others, or the one that the user names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edged.backends.opencl.driver import PROVIDER, driver, refused, sentence
from edged.backends.quiet import banner_to_stderr
from edged.errors import ProviderUnavailable

ARM = 0xA8670000
"""Vendor id of every Mali: its name is `Mali-LODX r0p0` with one libmali, `Mali-G610 r0p0` with another
(clinfo of an RK3588 board)."""

DOCTOR = "`edged doctor` says what is missing"


@dataclass(frozen=True, slots=True)
class Device:
    """One device of one platform."""

    index: int
    """Counted through all platforms, as `edged doctor` lists them."""
    name: str
    vendor: str
    vendor_id: int
    gpu: bool
    platform: str
    version: str
    """OpenCL version of the device: `OpenCL 3.0 v1.g13p0-01eac0…`."""
    driver: str
    extensions: tuple[str, ...]
    handle: Any
    """pyopencl's."""

    @property
    def in_words(self) -> str:
        """What a person needs to tell it from the others."""
        return f"{self.index}: {self.name} ({'GPU' if self.gpu else 'no GPU'}, {self.platform})"

    @property
    def same_as(self) -> tuple[str, ...]:
        """Equal for two doors to one device: an ICD file that lies twice on the disk offers it twice."""
        return (self.name, self.vendor, self.platform, self.version, self.driver)

    def called(self, part: str) -> bool:
        """Say whether a part of its name is meant; a platform's name counts as well."""
        names = (self.name, self.vendor, self.platform, self.version)
        return any(part.casefold() in name.casefold() for name in names)


def device(asked: str) -> Any:
    """Return pyopencl's device for what `features.device` says.

    Raises:
        ProviderUnavailable: there is none, none of that name, or more than one is meant.
    """
    return choose(devices(), asked).handle


def devices() -> tuple[Device, ...]:
    """Return every device that a driver offers, of any kind.

    Raises:
        ProviderUnavailable: no driver is there, or one breaks.
    """
    cl = driver()
    with banner_to_stderr():
        try:
            platforms = cl.get_platforms()
        except cl.Error as exc:
            raise ProviderUnavailable(PROVIDER, f"no OpenCL driver ({sentence(exc)}); {DOCTOR}") from exc
        handles = [handle for platform in platforms for handle in _devices_of(platform)]
        with refused("asking the devices who they are"):
            return tuple(_known(index, handle) for index, handle in enumerate(handles))


def choose(offered: Sequence[Device], asked: str) -> Device:
    """Return the device that serves.

    asked: an index, or part of the name of a device, its vendor or platform: that one, of whatever kind.
        Empty: the only GPU, ARM's before others.

    Raises:
        ProviderUnavailable: none fits, or more than one does.
    """
    if asked.isdecimal() and int(asked) < len(offered):
        return offered[int(asked)]
    if asked:
        fitting = [each for each in offered if each.called(asked)]
        wanted = f"features.device = '{asked}' fits"
    else:
        gpus = [each for each in offered if each.gpu]
        fitting = [each for each in gpus if each.vendor_id == ARM] or gpus
        wanted = "there is"
    if len({each.same_as for each in fitting}) == 1:
        return fitting[0]
    if fitting:
        listed = "; ".join(each.in_words for each in fitting)
        raise ProviderUnavailable(
            PROVIDER, f"{wanted} more than one device, say which by features.device: {listed}"
        )
    listed = "; ".join(each.in_words for each in offered) or "nothing"
    none = f"features.device = '{asked}' fits none of" if asked else "no GPU among"
    raise ProviderUnavailable(PROVIDER, f"{none} the devices here: {listed}")


def _devices_of(platform: Any) -> list[Any]:
    cl = driver()
    try:
        return platform.get_devices()
    except cl.Error:  # a driver without its hardware: rusticl that is not switched on, kbase without a GPU
        return []


def _known(index: int, handle: Any) -> Device:
    cl = driver()
    return Device(
        index=index,
        name=handle.name.strip(),
        vendor=handle.vendor.strip(),
        vendor_id=handle.vendor_id,
        gpu=bool(handle.type & cl.device_type.GPU),
        platform=handle.platform.name.strip(),
        version=handle.version.strip(),
        driver=handle.driver_version.strip(),
        extensions=tuple(handle.extensions.split()),
        handle=handle,
    )
