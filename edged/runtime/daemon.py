"""The whole run: start in order, stop in exactly the reverse order, one exit.

config -> models -> backends -> sinks -> recognizer -> path -> capture -> first hop scored -> `ready`
"""

import logging
import signal

from edged.config.schema import Config
from edged.errors import ConfigError, EdgedError, StageStalled
from edged.runtime.pipeline import Pipeline

log = logging.getLogger(__name__)

TICK_S = 0.1
"""How long the main thread sleeps between looks at its workers."""


def run_daemon(config: Config, fast: bool = False, once: bool = False, show: bool = False) -> None:
    """Run until the source ends, `once` is fulfilled, a signal comes, or something breaks for good.

    Raises:
        EdgedError: what broke, with its exit code.
    """
    if not config.audio.source:
        raise ConfigError("[audio] source is empty: say where sound comes from, e.g. --source wav:FILE")
    signals = _Signals()
    pipeline = Pipeline(config, fast=fast, once=once, show=show)
    try:
        pipeline.start()
        while not pipeline.done.wait(TICK_S) and signals.seen is None:
            pass
    finally:
        pipeline.stop()
    failure = pipeline.failure
    if isinstance(failure, EdgedError):
        raise failure
    if failure is not None:
        log.error("a worker broke", exc_info=failure)
        raise StageStalled(f"a worker broke: {type(failure).__name__}: {failure}") from failure


class _Signals:
    """Remembers the signal that asked us to stop; a handler may do no more than that."""

    def __init__(self) -> None:
        self.seen: int | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: object) -> None:
        self.seen = number
