"""A browser as Home Assistant has one finds the port; kept to the loopback interface."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from zeroconf import ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from edged.serve.wyoming.announce import SERVICE, Announcement, box_name, reached
from edged.serve.wyoming.front_end import open_front_end
from tests.serve.box import Box, with_satellite

LOOPBACK = "127.0.0.1"
LONG_S = 30


def multicast() -> str:
    """Return why this machine has no multicast on its loopback interface; empty where it has."""
    member = socket.inet_aton("224.0.0.251") + socket.inet_aton(LOOPBACK)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
            probe.sendto(b"", ("224.0.0.251", 9))
    except OSError as exc:
        return f"no multicast on the loopback interface: {exc.strerror}"
    return ""


needs_multicast = pytest.mark.skipif(bool(multicast()), reason=multicast() or "-")


class Browser:
    """What is seen of `SERVICE`, in order."""

    def __init__(self, zeroconf: AsyncZeroconf) -> None:
        self.zeroconf = zeroconf
        self._seen: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self.browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[self._note])

    def _note(self, zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if state_change is not ServiceStateChange.Updated:
            self._seen.put_nowait((state_change.name, name.removesuffix(f".{SERVICE}")))

    async def until(self, *what: str) -> None:
        while await self._seen.get() != what:
            pass

    async def look_up(self, name: str) -> AsyncServiceInfo:
        found = await self.zeroconf.async_get_service_info(SERVICE, f"{name}.{SERVICE}", 1000 * LONG_S)
        assert found is not None
        return found


@contextlib.asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    async with AsyncZeroconf(interfaces=[LOOPBACK]) as zeroconf, asyncio.timeout(LONG_S):
        browser = Browser(zeroconf)
        try:
            yield browser
        finally:
            await browser.browser.async_cancel()


@needs_multicast
def test_what_is_announced_is_found_where_it_listens_and_withdrawn_at_the_end(door):
    config = door.config
    wyoming = config.serve.wyoming.model_copy(update={"announce": True, "name": "Ear in the hall"})
    config = config.model_copy(update={"serve": config.serve.model_copy(update={"wyoming": wyoming})})

    async def find() -> None:
        front_end = open_front_end(replace(door, config=config))
        async with browsing() as browser:
            port = await front_end.start()
            await browser.until("Added", "Ear in the hall")
            found = await browser.look_up("Ear in the hall")
            assert (found.port, found.parsed_addresses()) == (port, [LOOPBACK])
            await front_end.stop()
            await browser.until("Removed", "Ear in the hall")

    asyncio.run(find())


@needs_multicast
def test_a_satellite_is_announced_beside_the_engines(door):
    async def find() -> None:
        front_end = open_front_end(with_satellite(door, Box(), announce=True, name="Ear in the hall"))
        async with browsing() as browser:
            port = await front_end.start()
            await browser.until("Added", "Ear in the hall-satellite")
            assert (await browser.look_up("Ear in the hall-satellite")).port == front_end.satellite_port
            assert (await browser.look_up("Ear in the hall")).port == port
            await front_end.stop()
            await browser.until("Removed", "Ear in the hall-satellite")

    asyncio.run(find())


def test_a_long_name_is_cut_where_more_is_added():
    assert box_name("ear") == "ear"
    assert len(box_name("é" * 31, "-satellite").encode()) == 62


@needs_multicast
def test_two_boxes_of_one_name_are_both_found():
    async def find() -> None:
        first, second = (Announcement("ear", port, lambda: [LOOPBACK]) for port in (10_400, 10_401))
        async with browsing() as browser:
            first.begin()
            await browser.until("Added", "ear")
            second.begin()
            await browser.until("Added", "ear-2")
            assert (await browser.look_up("ear")).port == 10_400
            assert (await browser.look_up("ear-2")).port == 10_401
            await asyncio.gather(first.withdraw(), second.withdraw())

    asyncio.run(find())


@needs_multicast
def test_a_network_that_comes_late_is_waited_for_and_the_box_has_the_name_of_its_host(caplog):
    caplog.set_level(logging.INFO)
    answers = iter([OSError(101, "Network is unreachable"), OSError(101, "Network is unreachable")])

    def look() -> list[str]:
        if (fault := next(answers, None)) is not None:
            raise fault
        return [LOOPBACK]

    host = socket.gethostname().partition(".")[0]

    async def find() -> None:
        announcement = Announcement("", 10_400, look, every_s=0.01)
        async with browsing() as browser:
            announcement.begin()
            await browser.until("Added", host)
            await announcement.withdraw()
            await browser.until("Removed", host)

    asyncio.run(find())
    warned = [record.message for record in caplog.records if record.name.startswith("edged")]
    assert warned.count("wyoming: not announced: Network is unreachable") == 1


def test_what_is_not_begun_has_nothing_to_withdraw():
    asyncio.run(Announcement("ear", 10_400, list).withdraw())


def test_others_reach_the_addresses_that_are_bound():
    assert reached(["192.0.2.7", "2001:db8::7"]) == ["192.0.2.7", "2001:db8::7"]


def test_of_all_addresses_others_reach_the_one_that_it_sends_from():
    try:
        (own,) = reached(["0.0.0.0"])
    except OSError as exc:
        pytest.skip(f"this machine has no network: {exc.strerror}")
    with socket.socket() as listening:
        listening.bind((own, 0))
