"""The whole run: start in order, stop in exactly the reverse order, one exit.

config -> models -> backends -> sinks -> recognizer -> path -> capture -> first hop scored -> `ready`
"""

import logging
import signal
from collections.abc import Callable

from edged.config.schema import Config
from edged.errors import ConfigError, EdgedError, SinkError, StageStalled
from edged.runtime.pipeline import Pipeline
from edged.runtime.thrift import give_back

log = logging.getLogger(__name__)

TICK_S = 0.1
"""How long the main thread sleeps between looks at its workers."""


def run_daemon(
    config: Config,
    fast: bool = False,
    once: bool = False,
    show: bool = False,
    again: Callable[[], Config] | None = None,
) -> None:
    """Run until the source ends, `once` is fulfilled, a signal comes, or something breaks for good.

    again: reads the configuration anew when SIGHUP asks for it; None: SIGHUP ends the run, as ever.

    Raises:
        EdgedError: what broke, with its exit code.
    """
    if not config.audio.source:
        raise ConfigError("[audio] source is empty: say where sound comes from, e.g. --source wav:FILE")
    signals = _Signals(hangup=again is not None)
    pipeline = Pipeline(config, fast=fast, once=once, show=show)
    give_back()
    try:
        pipeline.start()
        while not pipeline.done.wait(TICK_S) and signals.seen is None:
            if again is not None and signals.hangup_seen():
                _read_again(pipeline, again)
    finally:
        pipeline.stop()
    failure = pipeline.failure
    if isinstance(failure, EdgedError):
        raise failure
    if failure is not None:
        log.error("a worker broke", exc_info=failure)
        raise StageStalled(f"a worker broke: {type(failure).__name__}: {failure}") from failure


def _read_again(pipeline: Pipeline, again: Callable[[], Config]) -> None:
    """Take a configuration that was read anew; one that is wrong changes nothing and is told."""
    try:
        step = pipeline.obey(again())
    except (ConfigError, SinkError) as exc:
        for problem in str(exc).splitlines():
            log.error("configuration not taken, the old one stays: %s", problem)  # noqa: TRY400 - a sentence
        return
    log.info("configuration read again; in force now: %s", ", ".join(step.now) or "nothing new")
    if step.later:
        log.warning("takes effect at the next start: %s", ", ".join(step.later))


class _Signals:
    """Remembers the signals that came; a handler may do no more than that."""

    def __init__(self, hangup: bool) -> None:
        """`hangup`: SIGHUP is remembered as well, instead of ending the process."""
        self.seen: int | None = None
        self._hangups = 0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)
        if hangup:
            signal.signal(signal.SIGHUP, self._note_hangup)

    def hangup_seen(self) -> bool:
        """Tell, once, that SIGHUP came since the last time; several at once are one."""
        came, self._hangups = self._hangups > 0, 0
        return came

    def _note_hangup(self, number: int, frame: object) -> None:
        self._hangups += 1

    def _note(self, number: int, frame: object) -> None:
        self.seen = number
