"""Which backend serves a stage now: the links of a stage, the best first, the CPU last.

Streams read `serving` before every step and move when it is another one. What fails is told by `failed`,
which returns once another link serves: the caller asks that one about the same hop. Candidates are opened
and proven elsewhere (scout.py) and come in through `admit`. Nothing here opens a driver, except the last
link anew.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Generic

from edged.backends.link import B, Link, Serving
from edged.backends.select import LATE_S, Measured, overdue, rank
from edged.backends.verdict import Dangerous, Hopeless, Refused, State, Verdict
from edged.errors import ProviderError, ProviderFailed
from edged.messages import Body, Fallback, Recovered, Restarted

log = logging.getLogger(__name__)


def _wall() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Chain(Generic[B]):
    """The links of one stage. Any thread may call anything."""

    def __init__(
        self,
        stage: str,
        links: Sequence[Link[B]],
        say: Callable[[Body], None],
        named: str | None = None,
        order: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the last link, which serves until a better one is admitted.

        Args:
            stage: what events call it: `features`, `heads`, `recognize`.
            links: the last one is always there.
            say: takes each change, once; called with the chain's lock held, so it must return at once.
            named: the provider that the user asked for by name: not being served by it is said.
            order: providers as the configuration orders them, for those that cost the same.
            clock: seconds.

        Raises:
            ProviderUnavailable, ModelError: the last link cannot be opened.
        """
        self.stage = stage
        self.named = named
        self.order = tuple(order) or tuple(link.provider for link in links)
        self._say = say
        self._clock = clock
        self._lock = threading.RLock()
        self._links = list(links)
        self._last = links[-1]
        self._dropped: list[B] = []
        self._missing_said = False
        self._last.backend = self._last.open()
        self.serving = Serving(self._last, self._last.backend)
        self._mark(self._last, "serving", "")
        self._last.due = None
        for link in links:
            link.when = link.when or self._last.when

    @property
    def last(self) -> Link[B]:
        """The link that is always there."""
        return self._last

    @property
    def candidates(self) -> tuple[Link[B], ...]:
        """Every link but the last, best first."""
        with self._lock:
            return tuple(link for link in self._links if link is not self._last)

    def verdicts(self) -> tuple[Verdict, ...]:
        """What became of each link, best first."""
        with self._lock:
            return tuple(self._verdict(link) for link in self._links)

    def took(self, serving: Serving[B], seconds: float) -> None:
        """Note a step that was answered rightly; late steps in a row demote all but the last link."""
        serving.opened_anew = False
        if seconds <= LATE_S:
            serving.late = 0
            return
        serving.late += 1
        if overdue(serving.late) and serving.link is not self._last:
            self.failed(serving, f"{serving.late} steps in a row over {LATE_S * 1e3:g} ms")

    def failed(self, serving: Serving[B], reason: str) -> None:
        """Put another link in the place of one that failed; nothing happens where that was done already.

        Raises:
            ProviderFailed: it was the last link, and opened anew it fails as well.
        """
        with self._lock:
            if serving is not self.serving:
                return
            link = serving.link
            if link is self._last:
                self._open_anew(serving, reason)
                return
            link.hope(self._clock())
            self._drop(link, "demoted", reason)
            self._serve_best()
            to = self.serving.link.provider
            self._say(Fallback(self.stage, link.provider, to, reason))

    def admit(self, link: Link[B], backend: B, device: str, mine: Measured, last: Measured) -> None:
        """Take in a link that proved itself: it serves if it is the best, else it stands by.

        mine: what it costs; `last` is what the last link costs, measured in the same place.
        """
        with self._lock:
            link.backend, link.device, link.measured, link.due = backend, device, mine, None
            self._missing_said |= link.provider == self.named
            self._last.measured = last
            self._mark(link, "standby", "")
            self._sort()
            before = self.serving.link
            if not self._serve_best():
                return
            now = self.serving.link
            self._mark(before, "standby", f"behind {now.provider}")
            reason = f"passed its known answers; {mine.cpu_ms:.2f} ms of processor time per step"
            self._say(Recovered(self.stage, before.provider, now.provider, reason))

    def turn_away(self, link: Link[B], error: ProviderError) -> None:
        """Note why a link was not admitted, and when it may try again."""
        state: State = "refused" if isinstance(error, Refused) else "unavailable"
        with self._lock:
            link.hope(self._clock())
            if isinstance(error, Dangerous | Hopeless):
                link.due = None
            told = link.reason == error.reason
            self._mark(link, state, error.reason)
            if not told:
                log.info("%s: %s cannot serve: %s", self.stage, link.provider, error.reason)
            if link.provider == self.named:
                self.missing(link.provider, error.reason)

    def missing(self, provider: str, reason: str) -> None:
        """Say, once, that the provider which the user named does not serve."""
        with self._lock:
            if self._missing_said or self.serving.link.provider == provider:
                return
            self._missing_said = True
            to = self.serving.link.provider
            self._say(Fallback(self.stage, provider, to, reason))

    def take_dropped(self) -> list[B]:
        """Return backends that no longer serve: closing one may take its time, so the path does not do it."""
        with self._lock:
            dropped, self._dropped = self._dropped, []
            return dropped

    def close(self) -> None:
        """Give models and devices back, last opened first; closing twice is allowed."""
        with self._lock:
            opened = [link.backend for link in self._links if link.backend is not None]
            dropped = self.take_dropped()
        for backend in (*dropped, *opened):
            with suppress(ProviderError):  # a driver that hangs was named when it began to
                backend.close()

    def _serve_best(self) -> bool:
        """Let the first open link serve; True if that is another one."""
        link = next(link for link in self._links if link.backend is not None)
        if link is self.serving.link:
            return False
        assert link.backend is not None
        link.since = self._clock()
        self.serving = Serving(link, link.backend)
        self._mark(link, "serving", "")
        return True

    def _open_anew(self, serving: Serving[B], reason: str) -> None:
        link = serving.link
        if serving.opened_anew:
            said = f"{self.stage}: failed again as soon as it was opened anew: {reason}"
            raise ProviderFailed(link.provider, said)
        with suppress(ProviderError):  # it failed already, and a device may not open twice
            serving.backend.close()
        try:
            backend = link.open()
        except ProviderError as exc:
            said = f"{self.stage}: {reason}; it cannot be opened anew: {exc.reason}"
            raise ProviderFailed(link.provider, said) from exc
        link.backend = backend
        self.serving = Serving(link, backend, opened_anew=True)
        self._mark(link, "serving", f"opened anew: {reason}")
        self._say(Restarted(self.stage, f"{link.provider}: {reason}"))

    def _drop(self, link: Link[B], state: State, reason: str) -> None:
        assert link.backend is not None
        self._dropped.append(link.backend)
        link.backend = None
        self._mark(link, state, reason)

    def _sort(self) -> None:
        """Bring measured links into their order; one that was named goes before all others."""
        measured = {link.provider: link.measured for link in self.candidates if link.measured is not None}
        places = {provider: place for place, provider in enumerate(rank(measured, self.order))}
        if self.named is not None:
            places[self.named] = -1
        rest = sorted(self.candidates, key=lambda link: places.get(link.provider, len(places)))
        self._links = [*rest, self._last]

    def _mark(self, link: Link[B], state: State, reason: str) -> None:
        if (link.state, link.reason) != (state, reason) or not link.when:
            link.when = _wall()
        link.state, link.reason = state, reason

    def _verdict(self, link: Link[B]) -> Verdict:
        cost = link.measured
        return Verdict(
            stage=self.stage,
            provider=link.provider,
            device=link.device,
            state=link.state,
            reason=link.reason,
            p95_ms=cost.p95_ms if cost else None,
            cpu_ms=cost.cpu_ms if cost else None,
            when=link.when,
        )
