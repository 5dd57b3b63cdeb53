"""The whole run: opened, watched, told anew, stopped in exactly the reverse order; one exit.

config -> models -> backends -> sinks -> recognizer -> path -> capture -> first hop scored -> `ready`

The main thread does none of the work. It looks at everybody who does, ten times a second, and is free to
answer a signal or systemd in every state, also while a model is opened or something hangs.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime

from edged.config.schema import Config
from edged.errors import ConfigError, EdgedError, StageStalled
from edged.messages import Event
from edged.runtime.anew import Anew
from edged.runtime.desk import Desk
from edged.runtime.errand import Errand
from edged.runtime.pipeline import Pipeline
from edged.runtime.realtime import SWITCH_S
from edged.runtime.report import Backend
from edged.runtime.run import Hearing, Run
from edged.runtime.service import Service
from edged.runtime.signals import Signals
from edged.runtime.stall import leave_stalled, show_stacks_on_faults
from edged.runtime.standing import Standing, line
from edged.runtime.status import Look, Status
from edged.runtime.supervisor import Supervisor, Watched
from edged.runtime.thrift import give_back
from edged.telemetry.thermal import zones

log = logging.getLogger(__name__)

Taps = Sequence[Callable[[Event], None]]
"""Who is shown every event in passing."""

TICK_S = 0.1
"""How long the main thread sleeps between looks at its workers."""

OPENING_S = 300.0
"""Seconds that opening may take: a recognizer may load for 60, and kernels for a GPU are compiled once."""

FIRST_SOUND_S = 5.0
"""Seconds to wait for a first hop before start counts as done without one."""

LATER_S = 1.0
"""Seconds more for scores than for workers: where one hangs, it is named and not what follows from it."""

ABANDON_S = 1.0
"""Seconds that opening gets to end by itself when it is not wanted any more."""

STOP_S = 9.0
"""Seconds to stop in once that was asked for: DESIGN's ten, less what it takes to say who is stuck."""

END_S = 30.0
"""Seconds to stop in at the end of a recording, when every text and every event is waited for."""


def run_daemon(
    config: Config,
    fast: bool = False,
    once: bool = False,
    show: bool = False,
    again: Callable[[], Config] | None = None,
    around: Callable[[Pipeline, Config], Run] = lambda pipeline, config: pipeline,
) -> None:
    """Run until the source ends, `once` is fulfilled, a signal comes, or something breaks for good.

    Args:
        config: what is asked for.
        fast: a recording is played as fast as it can be heard.
        once: the run is over after the first command.
        show: events are also shown to a person.
        again: reads the configuration anew when SIGHUP asks for it; None: SIGHUP ends the run, as ever.
        around: adds what the run does not know of, as the network front ends.

    Raises:
        EdgedError: what broke, with its exit code.
    """
    if not config.audio.source:
        raise ConfigError("[audio] source is empty: say where sound comes from, e.g. --source wav:FILE")
    sys.setswitchinterval(SWITCH_S)
    desk = Desk()

    def open_run(taps: Taps) -> Run:
        return around(Pipeline(config, fast, once, show, taps, desk=desk), config)

    Daemon(open_run, again, config.service.stall_s, desk).run()


def has_started(hops: int, waited_s: float) -> bool:
    """Return whether systemd is told that the start is over.

    After the first scored hop, and at last without one: a box whose microphone is not plugged in yet would be
    ended, started again and in the end given up, and never hear the one that is plugged in later. Its status
    says that it is deaf, and why.
    """
    return hops > 0 or waited_s > FIRST_SOUND_S


class Daemon:
    """One run from its opening to its end, in the main thread."""

    def __init__(
        self,
        open_run: Callable[[Taps], Run],
        again: Callable[[], Config] | None,
        stall_s: float,
        desk: Desk | None = None,
    ) -> None:
        """Take over the signals.

        Args:
            open_run: opens everything, on a thread of its own; each event is shown to the taps it is given.
            again: reads the configuration anew.
            stall_s: seconds without a scored hop, while sound comes, after which the run counts as stuck.
            desk: where orders are taken.
        """
        self._open_run = open_run
        self._stall_s = stall_s
        self._signals = Signals(hangup=again is not None)
        self._service = Service(os.environ)
        self._supervisor = Supervisor(time.monotonic)
        self._ready = False
        self._deaf: tuple[str | None, bool] = (None, False)
        """Why no sound comes, and whether it is muted."""
        self._since = datetime.now().astimezone()
        self._slow: frozenset[str] = frozenset()
        """Those that hang and are not vital."""
        self._run: Run | None = None
        self._status = Status(self._seen)
        self._desk = desk or Desk()
        self._desk.watched_by(self._status.report, reads=again is not None)
        self._anew = Anew(again, self._signals, self._desk, self._service)

    def run(self) -> None:
        """Open, watch, stop.

        Raises:
            EdgedError: what broke.
        """
        show_stacks_on_faults()
        with closing(self._status):
            run = self._open()
            if run is None:
                return
            self._run = run
            give_back()
            try:
                if not self._signals.ends:
                    run.start()
                self._watch(run)
            finally:
                self._stop(run)
        failure = run.failure
        if isinstance(failure, EdgedError):
            raise failure
        if failure is not None:
            log.error("a worker broke", exc_info=failure)
            raise StageStalled(f"a worker broke: {type(failure).__name__}: {failure}") from failure

    def _open(self) -> Run | None:
        """Return what was opened; None where the end was asked for first, and opening is left behind."""
        opening = Errand("opening", lambda: self._open_run([self._status.note]), OPENING_S)
        self._service.status("opening models, sinks and the source of sound")
        while not opening.done.wait(TICK_S):
            self._service.extend()
            self._look([opening])
            if self._signals.ends and not opening.done.wait(ABANDON_S):
                log.warning("told to stop while opening: leaving it behind")
                return None
        return opening.result()

    def _watch(self, run: Run) -> None:
        """Until it is done or the end is asked for."""
        started = time.monotonic()
        hearing = Hearing(run, self._stall_s + LATER_S)
        while not self._signals.ends and not run.done.wait(TICK_S):
            self._look([*run.workers, hearing])
            hops, status = run.hops, self._line(self._settled(run))
            self._service.status(status)
            if self._ready:
                self._anew.look(run, lambda: self._told_ready(run))
            elif has_started(hops, time.monotonic() - started):
                self._ready = self._service.ready(status)
            else:
                self._service.extend()

    def _told_ready(self, run: Run) -> None:
        self._ready = self._service.ready(self._line(self._settled(run)))

    def _settled(self, run: Run) -> Standing:
        """Return how the run stands; remember since when it has been hearing, or deaf for this reason."""
        state = run.standing
        if state.deaf is None and not run.hops:
            state = replace(state, deaf=f"no sound has come from {state.source} yet")
        if (state.deaf, state.muted) != self._deaf:
            self._deaf, self._since = (state.deaf, state.muted), datetime.now().astimezone()
        return state

    def _line(self, state: Standing) -> str:
        return line(state, self._since, self._worse())

    def _worse(self) -> list[str]:
        """Return what only the daemon itself knows to be amiss."""
        slow = [f"{name} hangs" for name in sorted(self._slow)]
        return [*slow, *([self._anew.refused] if self._anew.refused else [])]

    def _look(self, workers: Sequence[Watched]) -> None:
        """Feed the watchdog, unless somebody vital hangs: then say so and leave."""
        silent = self._supervisor.look(workers)
        if vital := [str(late) for late in silent if late.vital]:
            leave_stalled(" and ".join(vital))
        slow = frozenset(late.name for late in silent)
        for late in silent:
            if late.name not in self._slow:
                log.warning("%s; its events wait, and the oldest are dropped and counted", late)
        for name in sorted(self._slow - slow):
            log.info("%s goes on", name)
        self._slow = slow
        self._service.alive()
        self._status.tick()

    def _seen(self) -> Look:
        """Return what `edged status` is told."""
        if self._run is None:
            return Look(0)
        state = self._run.standing
        return Look(
            hops=self._run.hops,
            away=state.deaf or "",
            words=state.words,
            recognizer=state.recognizer,
            backends=tuple(Backend(one.stage, one.provider, one.state, one.reason) for one in state.verdicts),
            temperatures_c=zones(),
            degraded=tuple(self._worse()),
            muted=state.muted,
            unheard=state.unheard,
            socket=self._desk.socket,
        )

    def _stop(self, run: Run) -> None:
        """Close everything in time; a signal that comes now says that no text is waited for."""
        seen, limit_s = (1, STOP_S) if self._signals.ends else (0, END_S)
        self._service.stopping("stopping: ending what is being said")
        self._status.say("stopping")
        self._status.tick()
        began = time.monotonic()
        stopping = Errand("stopping", run.stop, deadline_s=END_S + STOP_S)
        while not stopping.done.wait(TICK_S):
            if self._signals.ends > seen:
                run.hurry()
                seen, limit_s = self._signals.ends, min(limit_s, time.monotonic() - began + STOP_S)
            if time.monotonic() - began > limit_s:
                leave_stalled(_stuck(run))
            self._service.alive()
        stopping.result()


def _stuck(run: Run) -> str:
    """Return a sentence that names who did not end."""
    names = [worker.name for worker in run.workers if worker.alive]
    return f"stopping takes too long; still there: {', '.join(names) or 'none of the workers'}"
