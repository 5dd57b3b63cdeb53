"""A daemon with planned faults in a process of its own: `python -m tests.runtime.rehearsal PLAN`.

Only the run is a stand-in; supervisor, signals, systemd and exit are the daemon's own. Everything is said
through systemd's socket and standard error, so that the test waits for words and never for time.
"""

import logging
import sys
import threading

from edged.config.reload import Reload
from edged.config.schema import Config
from edged.errors import AudioInputError, ModelError
from edged.messages import Ran
from edged.runtime.daemon import Daemon
from edged.runtime.standing import Standing
from edged.runtime.worker import Worker

STALL_S = 1.5

never = threading.Event()


class Planned:
    """A run that does what PLAN says."""

    def __init__(self, plan: str) -> None:
        self.done = threading.Event()
        self.failure: BaseException | None = None
        self.hops = 0
        self.live = True
        self._plan = plan
        self._beats = 0
        self._hurried = threading.Event()
        self._resting = threading.Event()
        if plan == "opening fails":
            raise ModelError("no such model")
        if plan in ("opening", "opening long"):
            self._resting.wait(60)
        self._path = Worker("path", self._step, self._ended, STALL_S)
        self._sink = Worker("sink-slow", self._write, self._ended, STALL_S, vital=False)
        self.workers = (self._path, self._sink)

    @property
    def standing(self) -> Standing:
        deaf = "no microphone is there" if self._plan == "deaf" else None
        muted = self._plan in ("muted", "muted, no sound") and self.hops >= 3
        unheard = self._beats * 1280 if self._plan == "muted" else 0
        ran = Ran("cpu", "cpu")
        return Standing("mic Desk", ("computer",), ran, "selftest", deaf, muted=muted, unheard=unheard)

    def start(self) -> None:
        for worker in self.workers:
            worker.start()

    def obey(self, new: Config) -> Reload:
        return Reload(new, ("heads",), ())

    def hurry(self) -> None:
        self._hurried.set()

    def stop(self) -> None:
        for worker in self.workers:
            worker.tell_to_stop()
        if self._plan == "draining":
            self._hurried.wait(60)
        elif self._plan == "stop hangs":
            never.wait(60)
        elif self._plan != "blocked sink":
            self._sink.join(3)
            self._path.join(3)

    def _step(self) -> bool:
        self._resting.wait(0.02)
        self._beats += 1
        if self._plan != "deaf":
            self.hops += self._plan not in ("scores stop", "muted", "muted, no sound") or self.hops < 3
        if self._plan == "path hangs" and self.hops == 5:
            hang_here()
        if self._plan == "path breaks" and self.hops == 5:
            raise AudioInputError("the sound is broken")
        if self._plan == "path ends":
            return self.hops < 5
        return True

    def _write(self) -> bool:
        if self._plan == "blocked sink" and self._beats > 5:
            hang_here()
        return not self._resting.wait(0.02)

    def _ended(self, worker: Worker) -> None:
        if worker.failure is not None:
            self.failure = worker.failure
        if worker.failure is not None or worker is self._path:
            self.done.set()


def hang_here() -> None:
    """Wait for what never comes; this name must be in the stacks."""
    never.wait()


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    from edged.command import run_command

    daemon = Daemon(lambda taps: Planned(sys.argv[1]), Config, STALL_S)
    run_command("rehearsal", daemon.run)


if __name__ == "__main__":
    main()
