"""What reaches systemd's socket, word for word; without one nothing is said and nothing fails."""

import os
import time

import pytest

from edged.runtime.service import LONGEST_STATUS, Service
from tests.systemd import FakeSystemd


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["path", "abstract"])
def systemd(request, tmp_path):
    fake = FakeSystemd(tmp_path / "notify" if request.param == "path" else f"@edged-test-{os.getpid()}")
    yield fake
    fake.close()


def test_each_word_of_the_protocol_arrives_as_systemd_reads_it(systemd):
    service = Service(systemd.environment(watchdog_s=10), Clock())
    service.extend()
    assert service.ready("hears computer")
    service.alive()
    service.reloading()
    service.stopping("bye")
    before_usec = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    said = systemd.rest()
    reloading = said.pop(3)
    assert reloading.pop("RELOADING") == "1"
    assert 0 <= before_usec - int(reloading.pop("MONOTONIC_USEC")) < 60e6
    assert reloading == {}
    assert said == [
        {"EXTEND_TIMEOUT_USEC": "30000000"},
        {"READY": "1", "STATUS": "hears computer"},
        {"WATCHDOG": "1"},
        {"STOPPING": "1", "STATUS": "bye"},
    ]


def test_a_status_is_said_once_per_change_and_always_as_one_line_that_fits(systemd):
    service = Service(systemd.environment())
    for text in ("a", "a", "b\nREADY=1", "b READY=1", "x" * 5000):
        service.status(text)
    said = [heard["STATUS"] for heard in systemd.rest()]
    assert said[:2] == ["a", "b READY=1"]
    assert len(said) == 3
    assert len(said[2]) == LONGEST_STATUS
    assert all("READY" not in heard for heard in systemd.said)


def test_the_watchdog_is_fed_twice_in_its_time_however_often_it_is_asked(systemd):
    clock = Clock()
    service = Service(systemd.environment(watchdog_s=10), clock)
    fed = []
    for tick in range(200):
        clock.now = 1000 + tick / 8
        service.alive()
        fed += [tick / 8] * len(systemd.rest())
    assert fed == [0, 5, 10, 15, 20]


def test_more_time_is_asked_for_well_before_it_is_over(systemd):
    clock = Clock()
    service = Service(systemd.environment(), clock)
    asked = []
    for tick in range(100):
        clock.now = 1000 + tick
        service.extend()
        asked += [tick] * len(systemd.rest())
    assert asked == list(range(0, 100, 10))


@pytest.mark.parametrize(
    ("usec", "pid", "fed"),
    [("2000000", "", True), ("2000000", "ours", True), ("2000000", "1", False), ("", "", False)],
)
def test_a_watchdog_of_another_process_is_not_ours_to_feed(systemd, usec, pid, fed):
    environ = {**systemd.environment(), "WATCHDOG_USEC": usec}
    environ["WATCHDOG_PID"] = str(os.getpid()) if pid == "ours" else pid
    service = Service(environ)
    service.alive()
    assert (systemd.rest() == [{"WATCHDOG": "1"}]) is fed
    assert service.watchdog_s == (2.0 if fed else None)


@pytest.mark.parametrize("usec", ["soon", "-5", "0", "1.5", "²"])
def test_a_watchdog_time_that_is_none_is_said(systemd, usec, caplog):
    service = Service({**systemd.environment(), "WATCHDOG_USEC": usec})
    assert service.watchdog_s is None
    assert f"WATCHDOG_USEC={usec} is not a number of microseconds" in caplog.text


def test_no_child_can_speak_for_the_daemon(systemd):
    environ = {**systemd.environment(watchdog_s=1), "WATCHDOG_PID": "1", "HOME": "/x"}
    Service(environ)
    assert environ == {"HOME": "/x"}


def test_without_systemd_everything_is_said_to_nobody(caplog):
    service = Service({})
    service.extend()
    service.alive()
    service.reloading()
    assert service.ready("hears")
    service.status("hears")
    assert caplog.text == ""


def test_an_address_of_another_kind_is_told(caplog):
    assert Service({"NOTIFY_SOCKET": "vsock:2:1234"}).ready("x")
    assert "neither a path nor an abstract socket" in caplog.text


def test_what_systemd_did_not_take_is_said_again_and_complained_of_once(tmp_path, caplog):
    address = tmp_path / "notify"
    service = Service({"NOTIFY_SOCKET": str(address)})
    assert not service.ready("hears")
    service.status("hears")
    service.status("hears")
    assert caplog.text.count("systemd cannot be told") == 1
    systemd = FakeSystemd(address)
    service.status("hears")
    assert service.ready("hears")
    assert systemd.rest() == [{"STATUS": "hears"}, {"READY": "1", "STATUS": "hears"}]
    systemd.close()


def test_a_systemd_that_does_not_read_is_given_up_after_a_moment(tmp_path, caplog):
    systemd = FakeSystemd(tmp_path / "notify")
    service = Service(systemd.environment())
    taken = 0
    while service.ready("x" * 300):
        taken += 1
        assert taken < 100_000
    assert "timed out" in caplog.text
    systemd.rest()
    assert service.ready("x")
    systemd.close()
