"""Tells the network by mDNS where Wyoming is served, so that Home Assistant finds it by itself."""

import asyncio
import ipaddress
import logging
import socket
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from edged.config.rules import MOST_NAME_BYTES

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncZeroconf

log = logging.getLogger(__name__)

SERVICE = "_wyoming._tcp.local."

LOOK_S = 30.0
"""Seconds after which the addresses are looked at again: a network may come late, or change."""

WITHDRAW_S = 0.8
"""Seconds that the withdrawal may take; its three packets take 0.25 s."""

FAR = {4: (socket.AF_INET, "224.0.0.251"), 6: (socket.AF_INET6, "2001:db8::fb")}
"""Where the kernel is asked for the way to, by version of IP: those who hear mDNS, and any place."""

Look = Callable[[], Sequence[str]]


class Announcement:
    """Announces on the running loop until it is withdrawn. What fails is tried again, and warned of once."""

    def __init__(self, name: str, port: int, look: Look, every_s: float = LOOK_S) -> None:
        """`name`: what the box is called, empty: the host's name; `look`: gives its addresses, or OSError."""
        self._name = box_name(name)
        self._port = port
        self._look = look
        self._every_s = every_s
        self._addresses: list[str] = []
        self._told: AsyncZeroconf | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Announce from now on; nobody waits for it."""
        self._task = asyncio.create_task(self._keep(), name="wyoming announcement")

    async def withdraw(self) -> None:
        """Take it back, within a second."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._take_back()

    async def _keep(self) -> None:
        from zeroconf import Error

        warned = ""
        while True:
            try:
                await self._look_and_tell()
                warned = ""
            except (OSError, RuntimeError, Error) as exc:
                why = (exc.strerror if isinstance(exc, OSError) else None) or str(exc) or type(exc).__name__
                if why != warned:
                    log.warning("wyoming: not announced: %s", why)
                warned = why
                await self._take_back()
            await asyncio.sleep(self._every_s)

    async def _look_and_tell(self) -> None:
        """Announce the addresses where they are others than those that are announced."""
        from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

        addresses = list(self._look())
        if addresses == self._addresses:
            return
        await self._take_back()
        service = AsyncServiceInfo(
            SERVICE,
            f"{self._name}.{SERVICE}",
            port=self._port,
            parsed_addresses=addresses,
            server=f"{uuid.uuid4()}.local.",  # nobody else's: the host's own is avahi's to tell
        )
        self._told = AsyncZeroconf(interfaces=addresses)
        telling: Any = self._told
        await (await telling.async_register_service(service, allow_name_change=True))
        self._addresses = addresses
        log.info("wyoming: announced as %s at %s", service.get_name(), ", ".join(addresses))

    async def _take_back(self) -> None:
        if self._told is None:
            return
        from zeroconf import Error

        try:
            async with asyncio.timeout(WITHDRAW_S):
                await self._told.async_close()
        except (OSError, Error) as exc:
            log.warning("wyoming: the announcement was not taken back: %s", str(exc) or type(exc).__name__)
        self._told, self._addresses = None, []


def box_name(name: str, suffix: str = "") -> str:
    """Return what the box is called: the name that it was given, or the host's; no longer than mDNS takes."""
    name = name or socket.gethostname().partition(".")[0]
    return name.encode()[: MOST_NAME_BYTES - len(suffix)].decode(errors="ignore") + suffix


def reached(bound: Sequence[str]) -> list[str]:
    """Return the addresses at which others reach what is bound to these.

    For all addresses of a machine (`0.0.0.0`, `::`) it is the one that it sends from: those of its
    containers would lead nobody to it.

    Raises:
        OSError: there is no way to the network.
    """
    addresses = [ipaddress.ip_address(text) for text in bound]
    return [_own(each.version) if each.is_unspecified else str(each) for each in addresses]


def _own(version: int) -> str:
    family, far = FAR[version]
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((far, 5353))  # sends nothing
        return str(probe.getsockname()[0])
