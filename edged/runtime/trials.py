"""Providers whose driver may abort or hang: tried in a child first, then served by a thread of their own.

None of the modules for that is imported before there is such a provider.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged.backends.chain import Chain
from edged.backends.link import Link
from edged.backends.openers import FeatureModels, Native, Opener
from edged.backends.openers import named as imported
from edged.errors import ProviderError

if TYPE_CHECKING:
    from edged.backends.trial_cache import TrialCache

SLICE_S = 0.1
"""Seconds between two looks at whether the run is over, while a call is waited for."""


@dataclass(frozen=True, slots=True)
class Time:
    """Every clock of the chains; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    step: Callable[[], float] = time.perf_counter
    cpu: Callable[[], float] = time.process_time
    sleep: Callable[[float], bool] | None = None
    """Waits that many seconds; True: the run is over. None: as long as the run is not."""
    wait: Callable[[Any, float], bool] | None = None
    """Waits for the lock of a call that may hang; None: as long as the run is not over."""


class Trials:
    """Of one run."""

    def __init__(self, clocks: Time, over: threading.Event, folder: Path | None) -> None:
        """`over`: set when the run is; `folder`: see `Chains`."""
        self._time = clocks
        self._over = over
        self._folder = folder
        self._cache: TrialCache | None = None

    def link(self, stage: str, provider: str, opener: Opener[Any, Any], models: Any) -> Link[Any]:
        """Return the link of a provider; nothing is opened."""
        if not isinstance(opener.open, Native):
            return Link(provider, partial(opener.open, models))
        from edged.backends.native_call import NativeCall
        from edged.backends.owned import OwnedFeatures, OwnedHeads, Owner

        wrap: Any = OwnedFeatures if isinstance(models, FeatureModels) else OwnedHeads
        if opener.open.watch:
            wrap = partial(self._watched, opener.open.watch)
        call = partial(NativeCall, wait=self._time.wait or self._wait)
        owner = Owner(f"{provider} {stage}", partial(opener.open, models), wrap, call)
        return Link(provider, owner.open)

    def _watched(self, watch: str, backend: Any, call: Any) -> Any:
        return imported(watch)(backend, call, self._time.now)

    def try_out(
        self,
        stage: str,
        provider: str,
        opener: Opener[Any, Any],
        models: Any,
        files: Iterable[Path],
        sleep: Callable[[float], bool] | None = None,
        remembered: bool = True,
    ) -> Any:
        """Try a provider in a child, unless that was done before on the same machine.

        Raises:
            ProviderUnavailable: see `trial.judge`.
        """
        if not isinstance(opener.open, Native):
            return None
        from edged.backends.trial import ask_child, judge
        from edged.backends.trial_cache import TrialCache, key_of

        self._cache = self._cache or TrialCache(self._folder)
        key = key_of(" ".join((provider, stage, *_options(models))), opener.open.version(), files)
        said = self._cache.find(key) if remembered else None
        if said is None:
            said = ask_child(opener.open.function, models, sleep)
            self._cache.keep(key, said)
        return judge(provider, said)

    def prove(self, stage: str, chain: Chain[Any], open_cpu: Any, models: Any) -> None:
        """Compare a named backend, which nothing may replace, with a CPU that is opened for that alone."""
        from edged.backends.proofs import PROOFS

        reference = open_cpu(models)
        try:
            PROOFS[stage].probe(chain.last.backend, reference)
        except ProviderError:
            chain.close()
            raise
        finally:
            reference.close()

    def _wait(self, lock: Any, seconds: float) -> bool:
        """Wait for a call that may hang, in slices: the end of the run does not wait with it."""
        until = time.monotonic() + seconds
        while not lock.acquire(timeout=min(SLICE_S, max(0.0, until - time.monotonic()))):
            if self._over.is_set() or time.monotonic() >= until:
                return False
        return True


def missing(opener: Opener[Any, Any], models: Any) -> str:
    """Return what this machine lacks for a provider; empty where it must be tried."""
    return opener.open.missing(models) if isinstance(opener.open, Native) else ""


def _options(models: Any) -> tuple[str, ...]:
    """Return what else a trial depends on, beside the files of its models."""
    if not isinstance(models, FeatureModels):
        return ()
    return (models.device, models.precision, str(models.mem_limit_mb))
