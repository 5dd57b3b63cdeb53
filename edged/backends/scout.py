"""Opens, proves and measures candidates in the background, and tries again those that failed.

Never on the path: a stage serves on the CPU from the first hop on, and moves up between two hops once a
better link has passed.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic

from edged.backends.calibrate import Interrupted, calibrate
from edged.backends.chain import Chain
from edged.backends.child import Stopped
from edged.backends.link import B, Link
from edged.backends.select import Measured, objection
from edged.backends.trial import Trial
from edged.backends.verdict import Refused
from edged.errors import EdgedError, ProviderError, ProviderFailed, ProviderUnavailable, StageStalled

LOOK_S = 5.0
"""Seconds between two looks at what is due: a link may fail at any time, and is due half a minute later."""

STOP_S = 3.0
"""Seconds the thread gets to end."""


@dataclass(frozen=True, slots=True)
class Proof(Generic[B]):
    """What a backend of a stage must show."""

    probe: Callable[[B, B], object]
    """Compares a candidate with the last link; raises Refused."""
    step: Callable[[B], Callable[[], object]]
    """Makes the step that is measured."""


@dataclass(frozen=True, slots=True)
class Prospect(Generic[B]):
    """A link that may come into service, and how that is found out."""

    chain: Chain[B]
    link: Link[B]
    proof: Proof[B]
    trial: Callable[[Callable[[float], bool], bool], Trial] | None = None
    """Tries it in a child first: `sleep`, and whether what is remembered will do. None: it needs no child."""


class Scout:
    """Tries what is due. `work` does it once; `start` does it for ever on a thread of its own."""

    def __init__(
        self,
        prospects: Sequence[Prospect[Any]],
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.process_time,
        sleep: Callable[[float], bool] | None = None,
    ) -> None:
        """`sleep` waits that many seconds and says whether the run is over; None: until `stop`."""
        self._prospects = tuple(prospects)
        self._clock = clock
        self._cpu_clock = cpu_clock
        self.stopping = threading.Event()
        self._sleep = sleep or self.stopping.wait
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, where there is anything to try."""
        if self._prospects and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="backends")
            self._thread.start()

    def stop(self) -> None:
        """End the thread; a child that tries something is ended with it.

        Raises:
            StageStalled: it did not end in time.
        """
        self.stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
            if self._thread.is_alive():
                raise StageStalled(f"backends: its thread did not end within {STOP_S:g} s")

    def work(self) -> float | None:
        """Try everything that is due; return the seconds until the next is, None if nothing ever will be."""
        for chain in {id(prospect.chain): prospect.chain for prospect in self._prospects}.values():
            for backend in chain.take_dropped():
                with suppress(ProviderError):  # a driver that hangs was named when it began to
                    backend.close()
        for prospect in self._prospects:
            due = prospect.link.due
            if due is not None and due <= self._clock() and not self.stopping.is_set():
                self._try(prospect)
        due = [prospect.link.due for prospect in self._prospects if prospect.link.due is not None]
        return max(0.0, min(due) - self._clock()) if due else None

    def _run(self) -> None:
        while not self.stopping.is_set():
            wait_s = self.work()
            self.stopping.wait(LOOK_S if wait_s is None else min(wait_s, LOOK_S))

    def _try(self, prospect: Prospect[Any]) -> None:
        chain, link = prospect.chain, prospect.link
        try:
            trial = prospect.trial(self._sleep, link.failures == 0) if prospect.trial else None
            backend = link.open()
            try:
                mine, last = self._prove(prospect, backend, trial)
            except BaseException:
                with suppress(ProviderError):
                    backend.close()
                raise
        except ProviderFailed as exc:
            chain.turn_away(link, Refused(link.provider, f"fails on its known answers: {exc.reason}"))
        except ProviderUnavailable as exc:
            chain.turn_away(link, exc)
        except EdgedError as exc:  # a model that only this provider cannot read
            chain.turn_away(link, ProviderUnavailable(link.provider, str(exc)))
        except (Interrupted, Stopped):
            return
        else:
            chain.admit(link, backend, trial.device if trial else backend.device, mine, last)

    def _prove(self, prospect: Prospect[Any], backend: Any, trial: Trial | None) -> tuple[Measured, Measured]:
        """Return what the candidate and the last link cost; it must have passed for that."""
        chain, link, proof = prospect.chain, prospect.link, prospect.proof
        last = chain.last.backend
        proof.probe(backend, last)
        if trial is not None:
            mine, cpu = trial.mine, trial.cpu
        else:
            mine, cpu = (self._measure(proof.step(each)) for each in (backend, last))
        named = chain.named == link.provider
        objected = objection(link.provider, mine, chain.last.provider, cpu, chain.order, named)
        if objected is not None:
            raise Refused(link.provider, objected)
        return mine, cpu

    def _measure(self, step: Callable[[], object]) -> Measured:
        return calibrate(step, self._clock, self._cpu_clock, self._sleep)
