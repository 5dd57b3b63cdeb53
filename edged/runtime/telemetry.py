"""Looks at the machine every few seconds, counts what leaves the box, and tells both to whoever asks."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from edged.config import address
from edged.config.schema import Telemetry as Settings
from edged.errors import SinkError
from edged.messages import Event
from edged.runtime.meter import Meter
from edged.runtime.timing import StageTimes
from edged.runtime.worker import Worker, go_on_without
from edged.telemetry import textfile
from edged.telemetry.counts import Counts
from edged.telemetry.metrics import Box, Number, Report, exposition
from edged.telemetry.sample import Sample, Sampler

log = logging.getLogger(__name__)

LISTENING_S = 0.25
"""Seconds between two readings of a power sensor while a command is open."""

JOIN_S = 3.0
"""Seconds a thread gets to end."""


class SoundCounts(Protocol):
    """Counters of what came in, as far as they are shown."""

    clipped: int
    silent: int


class Heard(Protocol):
    """The counters of a stream, as far as they are shown."""

    late_hops: int
    muted: int

    @property
    def sound(self) -> SoundCounts: ...


class Telemetry:
    """Thread `telemetry`, and `metrics` where an address is given.

    `meter` is for `Commands`, `tap` for `Outlets`.
    """

    def __init__(
        self,
        config: Settings,
        times: StageTimes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open everything that can be refused; nothing runs before `start`.

        Args:
            config: table [telemetry].
            times: what the stages have cost; shared by all streams.
            clock: monotonic seconds.

        Raises:
            ConfigError: `power_sensor` is none.
            SinkError: `metrics` cannot be listened on, `metrics_file` cannot be written.
        """
        self._config = config
        self._times = times
        self._boxes: Callable[[], Iterable[Box]] = lambda: ()
        self._heard: Heard | None = None
        self._gpu_bytes: Callable[[], int | None] = lambda: None
        self._others: Callable[[], Iterable[Number]] = lambda: ()
        self._clock = clock
        self._counts = Counts()
        self.meter = Meter(times, clock)
        self._sampler = Sampler(config.power_sensor)
        self.sample: Sample = self._sampler.take(clock())
        """The newest look at the machine; replaced whole."""
        self.meter.see(self.sample)
        self._next = clock()
        self._held: Mapping[str, float] = {}
        self._file_failed = False
        self._wake = threading.Event()
        self._thread = Worker("telemetry", self.step, go_on_without, deadline_s=30.0, vital=False)
        self.port: int | None = None
        """Where the metrics are served; None without an address."""
        self._server: Worker | None = None
        self._end_server: Callable[[], None] = lambda: None
        if config.metrics_file:
            textfile.write(config.metrics_file, self.text())
        if config.metrics:
            self._open_endpoint(config.metrics)

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The threads, for who watches their beats."""
        return (self._thread, *([self._server] if self._server else []))

    @property
    def stages_ms(self) -> Mapping[str, float]:
        """Median wall milliseconds per hop of each stage, newest hops."""
        return self._times.medians()

    def watch(
        self,
        boxes: Callable[[], Iterable[Box]],
        heard: Heard,
        gpu_bytes: Callable[[], int | None] = lambda: None,
    ) -> None:
        """Show mailboxes, a stream's counters and what is held on the GPU as well, each as of the moment."""
        self._boxes = boxes
        self._heard = heard
        self._gpu_bytes = gpu_bytes

    def show(self, others: Callable[[], Iterable[Number]]) -> None:
        """Show numbers of somebody else as well; `others` is called from any thread when somebody asks."""
        self._others = others

    def start(self) -> None:
        """Begin to look and to answer."""
        for worker in self.workers:
            worker.start()

    def tap(self, event: Event) -> None:
        """Count an event; returns at once."""
        self._counts.tap(event)
        if self._sampler.sensor is not None and self.meter.listening:
            self._wake.set()

    def text(self) -> bytes:
        """Return the metrics of the moment as Prometheus reads them."""
        per_hour = self.meter.per_hour()
        return exposition(
            Report(
                counted=self._counts.counted(),
                totals=self._times.totals(),
                late_hops=self._heard.late_hops if self._heard else None,
                clipped=self._heard.sound.clipped if self._heard else None,
                silent=self._heard.sound.silent if self._heard else None,
                muted=self._heard.muted if self._heard else None,
                boxes=tuple(self._boxes()),
                sample=self.sample,
                joules=self.meter.joules(),
                drawn_joules=self.meter.drawn(),
                joules_per_hour=(per_hour.joules, per_hour.source) if per_hour else None,
                gpu_bytes=self._gpu_bytes(),
                others=self._others(),
            )
        )

    def stop(self) -> None:
        """Write the file a last time, end the threads, give the address back.

        Raises:
            StageStalled: a thread did not end in time.
        """
        for worker in self.workers:
            worker.tell_to_stop()
        self._wake.set()
        try:
            self._thread.join(JOIN_S)
            self._write_file()
        finally:
            self._end_server()

    def step(self) -> bool:
        """Look once if it is time, then wait for the next time, at most a second."""
        now = self._clock()
        if now >= self._next:
            self._look(now)
            self._next = now + self._config.sample_s
        elif self.meter.listening and self._sampler.sensor is not None:
            self.meter.read(now, self._sampler.sensor.watts())
        wait_s = min(1.0, self._next - now)
        if self.meter.listening and self._sampler.sensor is not None:
            wait_s = min(wait_s, LISTENING_S)
        if self._wake.wait(max(0.0, wait_s)):
            self._wake.clear()
        return True

    def _look(self, now: float) -> None:
        self.sample = self._sampler.take(now)
        self.meter.see(self.sample)
        self._tell_heat(self.sample.held_down or {})
        self._write_file()

    def _tell_heat(self, held: Mapping[str, float]) -> None:
        """Say once that heat holds a clock down, and once that it no longer does."""
        for name, share in held.items():
            before = self._held.get(name, 0.0)
            hottest = max(self.sample.zones.values(), default=None)
            where = f" at {hottest:.0f} °C" if hottest is not None else ""
            if share > 0 and before == 0:
                log.warning("heat holds %s down%s", name, where, extra={"EDGED_COOLING": name})
            elif share == 0 and before > 0:
                log.info("heat no longer holds %s down%s", name, where, extra={"EDGED_COOLING": name})
        self._held = held

    def _write_file(self) -> None:
        if not self._config.metrics_file:
            return
        try:
            textfile.write(self._config.metrics_file, self.text())
        except SinkError as exc:
            if not self._file_failed:
                log.warning("%s", exc)
            self._file_failed = True
        else:
            if self._file_failed:
                log.info("metrics: %s is written again", self._config.metrics_file)
            self._file_failed = False

    def _open_endpoint(self, where: str) -> None:
        from edged.telemetry.endpoint import Endpoint  # only who is asked for metrics pays for a server

        place = address.parse(where)
        if place is None:  # the configuration was checked; this is for who makes one by hand
            raise SinkError(f"metrics: {where} is not HOST:PORT")
        endpoint = Endpoint(place.host, place.port, self.text)
        server = Worker("metrics", endpoint.step, go_on_without, deadline_s=10.0, vital=False)
        self.port = endpoint.port

        def end() -> None:
            server.tell_to_stop()
            endpoint.tell_to_stop()
            server.join(JOIN_S)
            endpoint.close()

        self._server, self._end_server = server, end
