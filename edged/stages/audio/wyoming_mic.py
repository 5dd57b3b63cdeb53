"""A Wyoming microphone service as a source: another box, or a program of this one, that sends audio-chunk."""

import select
import socket
import time
from collections.abc import Callable
from typing import Any, cast

from edged.errors import AudioDeviceLost
from edged.stages.audio.alarm import Alarm, Clock
from edged.stages.audio.live import OPEN_S, Sound
from edged.stages.audio.samples import WIDTHS, to_float
from edged.stages.audio.spec import HIGHEST_RATE, LOWEST_RATE, WyomingSpec

LONGEST_LINE = 64 * 1024
LONGEST_PART = 1 << 20
"""Bytes of one part of an event: 5 s of 48 kHz stereo; more is no microphone."""
MOST_CHANNELS = 64


def connected(spec: WyomingSpec) -> socket.socket:
    """Return a connection to the service; OSError where there is none."""
    if spec.host:
        return socket.create_connection((spec.host, spec.port), OPEN_S)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(OPEN_S)
    try:
        connection.connect(spec.path)
    except OSError:
        connection.close()
        raise
    return connection


class Ended(Exception):
    """The service closed the connection."""


class Interrupted(Exception):
    """Somebody rang."""


class WyomingMic:
    """A feed from the events of a service; it sends by itself to whoever connects.

    Raises:
        AudioDeviceLost: Nobody answers there; from `receive`: it left, or does not speak Wyoming.
    """

    def __init__(
        self,
        spec: WyomingSpec,
        clock: Clock = time.monotonic,
        connect: Callable[[WyomingSpec], socket.socket] = connected,
    ) -> None:
        self.what = str(spec)
        self._clock = clock
        self._alarm = Alarm()
        try:
            self._wire = Wire(connect(spec), self._alarm, clock)
        except OSError as exc:
            self._alarm.close()
            raise AudioDeviceLost(f"{self.what}: {_reason(exc)}; is the microphone service running?") from exc

    def receive(self, timeout_s: float) -> Sound | None:
        """Wait for the next sound, passing over other events; see `Feed`."""
        self._wire.deadline = self._clock() + timeout_s
        try:
            while (sound := self._sound()) is None:
                pass
        except Interrupted:
            return None
        except Ended as exc:
            raise AudioDeviceLost(f"{self.what}: the service closed the connection") from exc
        except OSError as exc:
            if isinstance(exc, TimeoutError):
                raise
            raise AudioDeviceLost(f"{self.what}: {_reason(exc)}") from exc
        return sound

    def interrupt(self) -> None:
        """End a `receive`; see `Feed`."""
        self._alarm.ring()

    def close(self) -> None:
        """Leave; see `Feed`."""
        self._wire.close()
        self._alarm.close()

    def _sound(self) -> Sound | None:
        from wyoming.event import read_event

        read: Any = read_event
        try:
            event = read(self._wire)
        except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as exc:
            raise self._nonsense("an event that is none") from exc
        if event is None:  # what read_event makes of an end and of an event it cannot read
            if self._wire.ended:
                raise Ended
            raise self._nonsense("an event that is none")
        if event.type != "audio-chunk":
            return None
        rate, width, channels = self._form(event.data)
        payload: bytes = event.payload or b""
        if len(payload) % (width * channels):
            raise self._nonsense("sound that ends in the middle of a sample")
        return Sound(to_float(payload, width, channels), rate)

    def _form(self, data: object) -> tuple[int, int, int]:
        """Return rate, width and channels of a piece of sound."""
        if not isinstance(data, dict):
            raise self._nonsense("an event that is none")
        said = cast("dict[str, object]", data)
        rate, width, channels = said.get("rate"), said.get("width"), said.get("channels")
        if not (type(rate) is int and type(width) is int and type(channels) is int):
            raise self._nonsense("sound without rate, width and channels")
        if not LOWEST_RATE <= rate <= HIGHEST_RATE or not 1 <= channels <= MOST_CHANNELS:
            raise self._nonsense(f"sound of {channels} channels at {rate} samples per second")
        if width not in WIDTHS:
            raise self._nonsense(f"samples of {width} bytes; 2, 3 or 4 can be read")
        return rate, width, channels

    def _nonsense(self, sent: str) -> AudioDeviceLost:
        return AudioDeviceLost(f"{self.what}: sent {sent}")


class Wire:
    """A connection as the file that `wyoming.event.read_event` reads, with an end to its patience."""

    def __init__(self, connection: socket.socket, alarm: Alarm, clock: Clock) -> None:
        self._connection = connection
        self._alarm = alarm
        self._clock = clock
        self._held = bytearray()
        self.deadline = 0.0
        """When, by the clock, a read gives up."""
        self.ended = False

    def readline(self) -> bytes:
        """Return a line with its end, or less at the end of the connection.

        Raises:
            TimeoutError, Interrupted: It did not come.
            ValueError: It is too long for one.
        """
        seen = 0
        while (at := self._held.find(b"\n", seen)) < 0:
            seen = len(self._held)
            if seen > LONGEST_LINE:
                raise ValueError("a line without an end")
            if not self._more():
                return self._cut(len(self._held))
        return self._cut(at + 1)

    def read(self, size: int) -> bytes:
        """Return this many bytes, fewer at the end of the connection; raises as `readline`."""
        if size > LONGEST_PART:
            raise ValueError(f"an event of {size} bytes")
        while len(self._held) < size and self._more():
            pass
        return self._cut(size)

    def close(self) -> None:
        self._connection.close()

    def _cut(self, size: int) -> bytes:
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def _more(self) -> bool:
        if self.ended:
            return False
        ready = self._alarm.wait({self._connection.fileno(): select.POLLIN}, self.deadline - self._clock())
        if ready is None:
            raise Interrupted
        if not ready:
            raise TimeoutError
        data = self._connection.recv(LONGEST_LINE)
        self.ended = not data
        self._held += data
        return bool(data)


def _reason(exc: OSError) -> str:
    if isinstance(exc, TimeoutError):
        return f"no answer within {OPEN_S:g} s"
    return (exc.strerror or str(exc)).lower()
