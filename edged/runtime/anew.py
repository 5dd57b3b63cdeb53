"""The configuration read anew where a signal or the desk asks: one that is wrong changes nothing."""

import logging
from collections.abc import Callable

from edged.config.reload import Reload
from edged.config.schema import Config
from edged.errors import ConfigError, SinkError
from edged.runtime.desk import Desk
from edged.runtime.run import Run
from edged.runtime.service import Service
from edged.runtime.signals import Signals
from edged.stages.sinks.order import Answer

log = logging.getLogger(__name__)


class Anew:
    """Of one daemon, in its main thread."""

    def __init__(
        self, again: Callable[[], Config] | None, signals: Signals, desk: Desk, service: Service
    ) -> None:
        """Prepare.

        Args:
            again: reads the configuration; None: nobody may ask.
            signals: a hangup asks.
            desk: where others ask, and are answered.
            service: told while it is read.
        """
        self._again = again
        self._signals = signals
        self._desk = desk
        self._service = service
        self.refused = ""
        """Why the configuration that was read last is not in force."""

    def look(self, run: Run, ready: Callable[[], object]) -> None:
        """Read it if anybody asked, once for them all; `ready` tells the service that it was read."""
        waiting = self._desk.reloads()
        if self._again is None or not (self._signals.hangup_seen() or waiting):
            return
        step = self._read(run, self._again)
        ready()
        for order, reply in waiting:
            if step is None:
                reply(Answer(order.name, order.id, self.refused))
            else:
                reply(Answer(order.name, order.id, more={"now": step.now, "later": step.later}))

    def _read(self, run: Run, again: Callable[[], Config]) -> Reload | None:
        """Take what is read; one that is wrong is told and is None."""
        self._service.reloading()
        try:
            step = run.obey(again())
        except (ConfigError, SinkError) as exc:
            problems = str(exc).splitlines()
            for problem in problems:
                log.error("configuration not taken, the old one stays: %s", problem)  # noqa: TRY400 - a sentence
            self.refused = f"configuration not taken, the old one stays: {problems[0]}"
            return None
        self.refused = ""
        log.info("configuration read again; in force now: %s", ", ".join(step.now) or "nothing new")
        if step.later:
            log.warning("takes effect at the next start: %s", ", ".join(step.later))
        return step
