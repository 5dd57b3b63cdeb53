"""A real MQTT broker on loopback, Debian's mosquitto, and its clients."""

import json
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")

needs_broker = pytest.mark.skipif(
    not (MOSQUITTO and shutil.which("mosquitto_sub") and shutil.which("mosquitto_pub")),
    reason="mosquitto and mosquitto-clients are not installed",
)


class Broker:
    """Started by a test and ended by it; it may be away in between."""

    def __init__(self, folder: Path, more: str = "allow_anonymous true\n") -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._file = folder / "mosquitto.conf"
        self._file.write_text(f"listener {self.port} 127.0.0.1\nuser root\n{more}")
        self._process: subprocess.Popen | None = None
        self._listeners: list[Listener] = []

    def start(self) -> None:
        command = [MOSQUITTO, "-c", self._file]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for line in self._process.stderr:
            if " running" in line:
                return
        raise AssertionError("the broker did not start")

    def stop(self, kill: bool = False) -> None:
        if self._process is not None:
            self._process.kill() if kill else self._process.terminate()
            self._process.wait(20)
            self._process.stderr.close()
            self._process = None

    def listen(self, *topics: str, options: tuple[str, ...] = ()) -> "Listener":
        listener = Listener(self.port, topics, options)
        self._listeners.append(listener)
        return listener

    def say(self, topic: str, payload: str, *options: str) -> None:
        command = ["mosquitto_pub", "-p", str(self.port), "-t", topic, "-m", payload, "-q", "1", *options]
        subprocess.run(command, check=True, timeout=20)

    def close(self) -> None:
        for listener in self._listeners:
            listener.close()
        self.stop()


class Listener:
    """mosquitto_sub, and what it has heard so far."""

    def __init__(self, port: int, topics: tuple[str, ...], options: tuple[str, ...]) -> None:
        command = ["mosquitto_sub", "-p", str(port), "-F", "%t %q %r %p", "-q", "1", *options]
        for topic in (*topics, "test/ready"):
            command += ["-t", topic]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._heard: list[tuple[str, str, str]] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, name="mosquitto_sub")
        self._thread.start()
        while not self._is_ready():  # its subscription is known only by what comes through it
            ready = ["mosquitto_pub", "-p", str(port), "-t", "test/ready", "-m", "x", *options]
            subprocess.run(ready, check=True, timeout=20)

    def _is_ready(self) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._heard), 0.2)

    def _read(self) -> None:
        for line in self._process.stdout:
            topic, quality, rest = line.rstrip("\n").split(" ", 2)
            retained, _, payload = rest.partition(" ")
            with self._changed:
                self._heard.append((topic, f"q{quality} r{retained}", payload))
                self._changed.notify_all()

    @property
    def heard(self) -> list[tuple[str, str]]:
        """Topic and payload of everything so far."""
        with self._changed:
            return [(topic, payload) for topic, _, payload in self._heard if topic != "test/ready"]

    def until(self, topic: str, *parts: str) -> str:
        """Wait for a message on a topic that has all these in it; return its payload."""

        def found() -> str | None:
            return next(
                (p for t, _, p in self._heard if t == topic and all(part in p for part in parts)), None
            )

        with self._changed:
            assert self._changed.wait_for(lambda: found() is not None, 30), self._heard
            return found()

    def marks(self, topic: str) -> list[str]:
        """Quality and retained flag of every message on a topic."""
        with self._changed:
            return [marks for t, marks, _ in self._heard if t == topic]

    def events(self, root: str) -> list[dict]:
        return [json.loads(payload) for topic, payload in self.heard if topic.startswith(f"{root}/event/")]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._thread.join(20)
        self._process.stdout.close()
