"""The daemon as a user starts it, with every front end that there is."""

import re
import signal
import socket
import threading
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edged.config.rules import FRONT_ENDS
from tests.daemon import DEMO, start, write_config

LISTENS = re.compile(r"(\w+): listens on 127\.0\.0\.1 port (\d+)")
LONG_S = 60


class Daemon:
    """`edged run` on a recording at its own pace, and where its front ends listen."""

    def __init__(self, config) -> None:
        self.process = start("run", "-c", config, "--source", f"wav:{DEMO}", "--no-show")
        self.log: list[str] = []
        self.ports: dict[str, int] = {}
        self._all = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        assert self._all.wait(LONG_S), "".join(self.log)

    def _read(self) -> None:
        for line in self.process.stderr:
            self.log.append(line)
            if found := LISTENS.search(line):
                self.ports[found[1]] = int(found[2])
                if self.ports.keys() == set(FRONT_ENDS):
                    self._all.set()
        self._all.set()

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(LONG_S)
        self._reader.join(LONG_S)
        self.process.stdout.close()
        self.process.stderr.close()
        return status


@pytest.fixture
def daemon(models, tmp_path):
    tables = "".join(f"[serve.{name}]\nenabled = true\nport = 0\n" for name in FRONT_ENDS)
    daemon = Daemon(
        write_config(tmp_path / "edged.toml", models, f"[[heads.word]]\nname = 'hey_jarvis'\n{tables}")
    )
    yield daemon
    daemon.end()


def test_every_front_end_that_is_enabled_listens(daemon):
    assert daemon.ports.keys() == set(FRONT_ENDS)
    for port in daemon.ports.values():
        socket.create_connection(("127.0.0.1", port), LONG_S).close()


def test_told_to_stop_it_ends_well_with_clients_connected(daemon):
    clients = [socket.create_connection(("127.0.0.1", port), LONG_S) for port in daemon.ports.values()]
    assert daemon.end() == 0
    assert not any("Traceback" in line for line in daemon.log)
    for client in clients:
        client.close()


def test_its_metrics_tell_of_the_front_ends_as_well(daemon):
    said = read_metrics(daemon.ports["openai"])
    assert said["edged_connections", ("front_end", "openai")] == 1
    assert said["edged_loop_lag_seconds", ("quantile", "0.5")] < LONG_S
    assert said["edged_jobs_ended_total", ("how", "done")] == 0
    assert said["edged_ears_dropped_samples_total",] == 0
    assert ("edged_clipped_samples_total",) in said, "those of the path are gone"


def read_metrics(port: int) -> dict[tuple, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=LONG_S) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}
