"""Commands run on events: as many at a time as may be, in the order of the events, and never in the way."""

import json
import logging
import os
import shlex
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from edged.config.hook_names import event_of, is_wanted
from edged.config.schema import Hooks
from edged.messages import Event, to_json
from edged.stages.sinks.hook_process import HookProcess, environment

log = logging.getLogger(__name__)

WAITING = 32
"""Commands that may wait for their turn; with one more, the oldest is dropped and counted."""

LOOK_S = 0.05
"""Seconds between two looks at running commands."""

IDLE_S = 1.0
"""Longest wait of one step while none runs."""

CLOSE_S = 1.0
"""Seconds that waiting and running commands get at the end of the run."""


@dataclass(frozen=True, slots=True)
class _Job:
    name: str
    event: str
    line: bytes


class HooksSink:
    """Starts and ends commands on the thread that calls `step`; `publish` comes from another."""

    name = "hooks"
    wants_scores = False
    deadline_s = 10.0

    def __init__(self, config: Hooks, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the commands apart; one whose program is not there is told, since it may come."""
        self.dropped = 0
        """Commands that were never run, because too many waited."""
        self._config = config
        self._clock = clock
        self._argv = {name: shlex.split(command) for name, command in config.commands.items()}
        self._names: dict[str, list[str]] = {}
        """Event to its hooks."""
        for name in config.commands:
            self._names.setdefault(event_of(name) or name, []).append(name)
        path = environment(os.environ)["PATH"]
        for name, argv in self._argv.items():
            if shutil.which(argv[0], path=path) is None:
                log.warning("hook %s: %s is no program that can be run", name, argv[0])
        self._waiting: deque[_Job] = deque()
        self._running: list[HookProcess] = []
        self._told: dict[str, str] = {}
        """How each hook ended last, empty for well."""
        self._changed = threading.Condition()
        self._until: float | None = None
        """When the last command has to be over; None while the run goes on."""

    @property
    def running(self) -> int:
        """Commands that run now."""
        return len(self._running)

    def publish(self, event: Event) -> None:
        """Let the hooks of an event wait for their turn."""
        names = [name for name in self._names.get(event.name, ()) if is_wanted(name, event)]
        if not names:
            return
        line = json.dumps(to_json(event), ensure_ascii=False).encode() + b"\n"
        with self._changed:
            for name in names:
                if len(self._waiting) == WAITING:
                    lost = self._waiting.popleft()
                    self.dropped += 1
                    if self.dropped == 1:
                        log.warning(
                            "hooks: more than %d wait; the oldest are dropped, first %s", WAITING, lost.name
                        )
                self._waiting.append(_Job(name, event.name, line))
            self._changed.notify()

    def step(self) -> bool:
        """Look at what runs, start what may, wait a little; False at the end."""
        now = self._clock()
        self._running = [process for process in self._running if not self._is_over(process, now)]
        while len(self._running) < self._config.max_running and (job := self._next()) is not None:
            self._start(job, now)
        if self._until is not None and (now >= self._until or not (self._running or self._waiting)):
            return False
        with self._changed:
            wait_s = LOOK_S if self._running or self._until is not None else IDLE_S
            if self._running or not self._waiting:
                self._changed.wait(wait_s)
        return True

    def tell_to_stop(self) -> None:
        """Let what waits be run within a second, and no longer; from any thread."""
        with self._changed:
            self._until = self._clock() + CLOSE_S
            self._changed.notify()

    def close(self) -> None:
        """End every command that still runs; no step may be running."""
        for process in self._running:
            log.warning("hook %s: ended, because edged ends", process.name)
            process.kill()
        self._running = []
        if self._waiting:
            log.warning("hooks: %d were not run any more", len(self._waiting))
            self._waiting.clear()

    def _next(self) -> _Job | None:
        with self._changed:
            return self._waiting.popleft() if self._waiting else None

    def _start(self, job: _Job, now: float) -> None:
        _be_ordinary()
        try:
            process = HookProcess(
                job.name, self._argv[job.name], job.event, job.line, now, self._config.timeout_s
            )
        except (OSError, ValueError) as exc:  # ValueError: a text that no argument can be
            reason = exc.strerror if isinstance(exc, OSError) else None
            self._tell(job.name, f"cannot be started: {reason or exc}")
        else:
            self._running.append(process)

    def _is_over(self, process: HookProcess, now: float) -> bool:
        how = process.ended(now)
        if how is None:
            return False
        self._tell(process.name, how)
        return True

    def _tell(self, name: str, how: str) -> None:
        """Log a change: the first failure of a kind, and the first success after one."""
        before = self._told.get(name, "")
        if how and how != before:
            log.warning("hook %s: %s", name, how)
        elif before and not how:
            log.info("hook %s: works again", name)
        self._told[name] = how


def _be_ordinary() -> None:
    """Give this thread, and what it starts, no more than everybody's share: the daemon has a better one."""
    if os.getpriority(os.PRIO_PROCESS, 0) < 0:
        os.setpriority(os.PRIO_PROCESS, 0, 0)
