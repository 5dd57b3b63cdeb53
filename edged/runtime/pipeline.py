"""The daemon's path from source to sinks: everything of one run, opened in order, closed in reverse.

Two threads of its own, joined by one bounded mailbox: `capture` moves sound in, `path` does everything
from ring to endpoint in strict order. When the path is late, a recording or a pipe is made to wait; of a
microphone the oldest sound goes, and the next frame tells of the gap.
"""

import contextlib
import math
import threading
from collections.abc import Callable, Iterable, Sequence

from edged.backends.openers import OPENERS, Openers
from edged.config.reload import Reload, reload
from edged.config.schema import Config
from edged.errors import SinkError
from edged.messages import Body, EndpointReason, Event, Frame
from edged.runtime.clips.keeper import Keeper
from edged.runtime.clips.made_by import made_by, under
from edged.runtime.commands import Commands
from edged.runtime.desk import Desk
from edged.runtime.ear import Ear
from edged.runtime.frame_taps import FrameTaps
from edged.runtime.inlet import Inside, open_inlet
from edged.runtime.kit import Kit, open_kit, open_recognizer
from edged.runtime.mailbox import Closed, Mailbox
from edged.runtime.outlets import Emit, Outlets
from edged.runtime.placement import Placement, pin, placement
from edged.runtime.realtime import hurry_capture, hurry_path
from edged.runtime.standing import Standing, degraded
from edged.runtime.tally import Sound
from edged.runtime.telemetry import Telemetry
from edged.runtime.timing import StageTimes
from edged.runtime.wishes import Wishes
from edged.runtime.worker import Worker
from edged.stages.heads.rule import Rule
from edged.stages.sinks.jsonl import JsonlSink
from edged.stages.sinks.open import open_jsonl, open_sinks
from edged.telemetry.metrics import Number

FRAMES = 25
"""Frames between capture and path: two seconds."""

DRAIN_S = 5.0
"""Seconds that open utterances get to become text when the run ends."""

HURRY_S = 2.0
"""Seconds that a slow sink gets at the end of a recording before events are dropped for it."""

JOIN_S = 3.0
"""Seconds a worker gets to end."""


class Pipeline:
    """One source, one ear, its recognizer and sinks. `done` is set when there is nothing left to do."""

    def __init__(
        self,
        config: Config,
        fast: bool = False,
        once: bool = False,
        show: bool = False,
        taps: Sequence[Callable[[Event], None]] = (),
        openers: Openers = OPENERS,
        score_taps: Sequence[Callable[[Event], None]] = (),
        desk: Desk | None = None,
    ) -> None:
        """Open everything; nothing moves before `start`.

        Args:
            config: what is asked for.
            fast: a recording is played as fast as it can be heard.
            once: the run is over after the first command.
            show: events are also shown to a person.
            taps: take every event in passing.
            openers: the table of providers; another one for tests and `edged-bench faults`.
            score_taps: take the scores of every hop in passing; for `edged-bench`.
            desk: where orders are taken while it runs.

        Raises:
            EdgedError: something could not be opened; what was opened before is closed again.
        """
        self.done = threading.Event()
        self.failure: BaseException | None = None
        self.heard = FrameTaps()
        """Who is shown the sound that is heard: never what is muted."""
        self._once = once
        self._stopping = threading.Event()
        self._started = False
        self._ready = False
        self._why: EndpointReason = "end_of_stream"
        self._desk = desk or Desk()
        self._opened = contextlib.ExitStack()
        with contextlib.ExitStack() as opening:
            self._open(config, fast, show, opening, taps, openers, score_taps)
            self._opened = opening.pop_all()

    def _open(
        self,
        config: Config,
        fast: bool,
        show: bool,
        opening: contextlib.ExitStack,
        taps: Sequence[Callable[[Event], None]],
        openers: Openers,
        score_taps: Sequence[Callable[[Event], None]],
    ) -> None:
        self._config = config
        sound = Sound()
        inside = Inside(sound, self._put, self._say, self._in_command, self._stopping.wait)
        self._inlet = open_inlet(config, fast, inside)
        opening.callback(self._inlet.close)
        fast = fast and not self._inlet.live
        self._where = placement(config) or Placement()
        self._named = {"features": config.features.backend, "heads": config.heads.backend}
        self._kit = open_kit(config, openers)
        opening.callback(self._kit.close)
        times = StageTimes()
        self._telemetry = Telemetry(config.telemetry, times)
        opening.callback(self._telemetry.stop)
        sinks = open_sinks(config.sinks, show, self._desk)
        taps = [self._telemetry.tap, *taps]
        self._outlets = Outlets(sinks, fast, self._ended, taps, score_taps)
        opening.callback(self._close_outlets, lossless=fast)
        opening.callback(self._summary)
        self._clips = Keeper(config.clips, made_by(config, self._kit), self._ended)
        opening.callback(self._clips.close)
        name, meter = self._inlet.name, self._telemetry.meter
        self._commands = Commands(
            name,
            self._outlets.emit,
            times,
            self._answered,
            patient=fast,
            meter=meter,
            clips=self._clips,
            gpu_bytes=self._on_gpu,
        )
        if self._kit.recognizer is not None:
            recognizer = open_recognizer(
                self._kit.recognizer,
                config.recognize,
                self._commands.replied,
                self._where.recognizer,
                writing=self._kit.writing,
                beside=self._kit.beside,
                hurried=not fast,
            )
            opening.callback(recognizer.close)
            opening.callback(self._commands.finish, DRAIN_S)
            self._commands.attach(recognizer)
        self._orders: Mailbox[Config] = Mailbox("reload", depth=1)
        live, emit = self._inlet.live, self._outlets.emit
        self._ear = Ear(name, self._kit, config, emit, self._commands, times, meter, self._clips, live=live)
        self._ear.tally.sound = sound
        full = "drop_oldest" if self._inlet.live else "wait"
        self._frames: Mailbox[tuple[Frame, float]] = Mailbox("capture", FRAMES, full)
        self._telemetry.watch(
            lambda: (self._frames, self._clips.box, *self._outlets.boxes), self._ear.tally, self._on_gpu
        )
        # who plays a recording fast waits for texts and for readers, and a pipe for whoever writes into it
        stall_s = config.service.stall_s
        patience_s = math.inf if fast else stall_s
        urgent, where = self._inlet.live and config.service.realtime == "auto", self._where
        hurry = hurry_path if urgent else None
        self._path = Worker("path", self._hear, self._ended, patience_s, cpus=where.path, hurry=hurry)
        opening.callback(self._path.join, JOIN_S)
        patience_s = stall_s if self._inlet.live else math.inf
        hurry = hurry_capture if urgent else None
        self._capture = Worker(
            "capture", self._inlet.step, self._ended, patience_s, cpus=where.capture, hurry=hurry
        )
        opening.callback(self._capture.join, JOIN_S)
        self.wishes = Wishes(self._ear, lambda: self._inlet.away)
        self._desk.attach(self.wishes, config.sinks.socket.path)

    @property
    def workers(self) -> tuple[Worker, ...]:
        """Everybody who beats."""
        return (
            self._capture,
            self._path,
            self._clips.worker,
            *self._outlets.workers,
            *self._telemetry.workers,
        )

    @property
    def hops(self) -> int:
        """Hops scored since the start."""
        return self._ear.tally.hops

    @property
    def live(self) -> bool:
        """Whether sound comes at its own pace, as from a microphone."""
        return self._inlet.live

    @property
    def kit(self) -> Kit:
        """The models of this run, for whoever hears beside the microphone."""
        return self._kit

    @property
    def telemetry(self) -> Telemetry:
        """What is known of the machine and of the cost of the stages."""
        return self._telemetry

    @property
    def ear(self) -> Ear:
        """What hears the source, for whoever shows how it hears."""
        return self._ear

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of each wake word that are in force."""
        return tuple(wake.rule for wake in self._kit.wakes_of(self._config.heads))

    def listen(self, tap: Callable[[Event], None], *, scores: bool = False) -> None:
        """Show one more tap every event from now on, or the scores of every hop; from any thread."""
        self._outlets.listen(tap, scores=scores)

    def unlisten(self, tap: Callable[[Event], None], *, scores: bool = False) -> None:
        """Show it nothing more."""
        self._outlets.unlisten(tap, scores=scores)

    @property
    def source(self) -> str:
        """Name of the stream that is heard, as events carry it."""
        return self._inlet.name

    def metrics(self) -> bytes:
        """Return the metrics of the moment as Prometheus reads them; from any thread."""
        return self._telemetry.text()

    def show(self, others: Callable[[], Iterable[Number]]) -> None:
        """Have numbers of somebody else among the metrics; see `Telemetry`."""
        self._telemetry.show(others)

    @property
    def emit(self) -> Emit:
        """Where events of other streams are told beside those of the microphone; from any thread."""
        return self._outlets.emit

    @property
    def standing(self) -> Standing:
        """What it hears on, and what every stage runs on."""
        kit, verdicts = self._kit, self._kit.verdicts()
        return Standing(
            source=self._inlet.spec,
            deaf=self._inlet.away,
            words=kit.words,
            ran=kit.scorers.ran,
            recognizer=kit.recognizer.name if kit.recognizer else None,
            degraded=degraded(verdicts, self._named),
            verdicts=verdicts,
            muted=self._ear.muted,
            unheard=self._ear.tally.muted,
        )

    def start(self) -> None:
        """Start every thread, those that consume first."""
        self._started = True
        if self._where.others:
            pin(0, self._where.others)  # and with it whatever this thread starts that has no place of its own
        self._telemetry.start()
        self._outlets.start()
        self._clips.start()
        self._path.start()
        self._capture.start()

    def obey(self, new: Config) -> Reload:
        """Take what can be taken of a configuration while running; the path does so before its next frame.

        A file of events is opened anew even where its name is the same: it may have been rotated away.

        Raises:
            SinkError: the new file of events cannot be opened; nothing was taken.
            ConfigError: the backends in use cannot go by these rules; nothing was taken.
        """
        step = reload(self._config, new)
        self._kit.wakes_of(step.config.heads)  # here, where refusing it ends nothing
        if step.config.sinks.jsonl != self._config.sinks.jsonl or new.sinks.jsonl.path not in ("", "-"):
            self._outlets.replace(JsonlSink.name, open_jsonl(step.config.sinks.jsonl))
        self._config = step.config
        self._clips.obey(step.config.clips, under(self._clips.made_by, step.config))
        self._orders.put(step.config)
        return step

    def hurry(self) -> None:
        """Wait for no text any more; from another thread than `stop`, while that waits."""
        self._commands.hurry()

    def stop(self) -> None:
        """End an open command, get its text, write every event, close everything."""
        asked_to_stop = not self.done.is_set()
        if asked_to_stop:
            self._why = "shutdown"
            self._commands.be_impatient()
        self._outlets.hurry(0.0 if asked_to_stop else HURRY_S)
        self._stopping.set()
        self._capture.tell_to_stop()
        self._inlet.interrupt()
        self._frames.close()
        self._opened.close()

    def _put(self, frame: Frame, arrived: float) -> None:
        """Capture: one frame to the path."""
        self._frames.put((frame, arrived))

    def _hear(self) -> bool:
        """Path: one frame to events."""
        try:
            item = self._frames.get(timeout_s=1.0)
        except Closed:
            self._ear.end(self._why)
            return False
        if (order := self._orders.get(timeout_s=0)) is not None:
            self._ear.obey(order)
        self.wishes.fulfil()
        if item is not None:
            self._ear.feed(*item)
            if not self._ear.muted:
                self.heard.show(item[0])
            if not self._ready and self._ear.tally.hops:
                self._ready = True
                for body in self._kit.opening():
                    self._ear.say(body)
        elif self._inlet.away is not None:
            self._ear.cut("device_lost")
        return True

    def _say(self, sample: int, body: Body) -> None:
        """Capture: an event of its own."""
        self._outlets.emit(self._inlet.name, None, sample, body)

    def _in_command(self) -> bool:
        return self._ear.in_command

    def _summary(self) -> None:
        """The last event of a run, after the last text; the only one of a recording shorter than a hop."""
        if self._started:
            self._ear.say_stats()

    def _close_outlets(self, *, lossless: bool) -> None:
        """Who plays a recording fast was promised every event."""
        lost = self._outlets.close()
        if lost and lossless and self.failure is None:
            self.failure = SinkError(f"events: {lost} were not written")

    def _on_gpu(self) -> int | None:
        return self._kit.scorers.features.device_bytes

    def _answered(self, utterance: int) -> None:
        if self._once:
            self.done.set()

    def _ended(self, worker: Worker) -> None:
        """A worker ended: for a reason of its own, or because it broke; either way the run is over."""
        if worker.failure is not None and self.failure is None:
            self.failure = worker.failure
        if worker.name == "capture":
            self._frames.close()
        if worker.failure is not None or worker.name == "path":
            self.done.set()
