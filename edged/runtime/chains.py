"""The chains of a configuration: which links each stage has, and who tries them.

Where nothing but the CPU can serve there is nothing to try: no thread, no probe, and none of the modules
for that are imported.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged.backends.backend import FeatureBackend, HeadBackend
from edged.backends.chain import Chain
from edged.backends.chained_features import ChainedFeatures
from edged.backends.chained_heads import ChainedHeads, SideBySide
from edged.backends.changes import Changes
from edged.backends.cpu.heads import HeadModel
from edged.backends.link import Link
from edged.backends.openers import OPENERS, FeatureModels, HeadModels, Native, Opener, Openers
from edged.backends.openers import named as imported
from edged.backends.select import NOT_BUILT, WAY_OUT, Plan, plan
from edged.backends.verdict import Verdict
from edged.config.schema import Features, Heads
from edged.errors import ProviderError, ProviderUnavailable

if TYPE_CHECKING:
    from edged.backends.scout import Prospect, Scout
    from edged.backends.trial_cache import TrialCache

FEATURES, HEADS = "features", "heads"


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


class Chains:
    """Opens the chains of a run, has their candidates tried, and says what became of each link."""

    def __init__(
        self, openers: Openers = OPENERS, cache: Path | None = None, clocks: Time | None = None
    ) -> None:
        """`cache`: folder of what trials found out; None: where edged keeps what it can do without."""
        self.changes = Changes()
        self._openers = openers
        self._folder = cache
        self._time = clocks or Time()
        self._opened: list[Chain[Any]] = []
        self._prospects: list[Prospect[Any]] = []
        self._scout: Scout | None = None
        self._cache: TrialCache | None = None
        self._over = threading.Event()

    def features(self, asked: Features, models: FeatureModels) -> FeatureBackend:
        """Open features.

        Raises:
            ModelError: a model is damaged.
            ProviderUnavailable: a named backend cannot serve, and none may in its place.
        """
        table = self._openers.features
        wanted = plan(FEATURES, asked.backend, asked.fallback, asked.order, table)
        files = (models.melspectrogram, models.embedding)
        chain = self._open(FEATURES, wanted, asked.order, table, models, files)
        return ChainedFeatures(chain, self._time.step)

    def heads(self, asked: Heads, models: HeadModels) -> HeadBackend:
        """Open heads: side by side where a provider has only some of them.

        Raises:
            ModelError: a model is damaged.
            ProviderUnavailable: a named backend cannot serve, and none may in its place.
        """
        table = self._openers.heads
        wanted = plan(HEADS, asked.backend, asked.fallback, asked.order, table)
        groups = [
            ChainedHeads(self._group(own, wanted, asked, table, heads), self._time.step)
            for own, heads in grouped(wanted, models, table)
        ]
        return groups[0] if len(groups) == 1 else SideBySide(groups)

    def _group(
        self,
        own: Plan,
        wanted: Plan,
        asked: Heads,
        table: Mapping[str, Opener[HeadModels, HeadBackend]],
        heads: HeadModels,
    ) -> Chain[HeadBackend]:
        files = [file for head in heads for file in head.files]
        unable = [provider for provider in wanted.candidates if provider not in own.candidates]
        lacking = {provider: _lacks(table[provider], heads) for provider in unable}
        return self._open(HEADS, own, asked.order, table, heads, files, lacking)

    def verdicts(self) -> tuple[Verdict, ...]:
        """What became of each link of each stage."""
        return tuple(verdict for chain in self._opened for verdict in chain.verdicts())

    def start(self) -> None:
        """Try the candidates in the background, now and whenever they are due."""
        if self._prospects:
            self._found_scout().start()

    def work(self) -> float | None:
        """Try those that are due now, in the caller's thread; return the seconds until the next one is."""
        return self._found_scout().work() if self._prospects else None

    @property
    def named(self) -> bool:
        """A provider that the user named is still to be tried."""
        return any(prospect.chain.named for prospect in self._prospects)

    def stop(self) -> None:
        """Try nothing any more; the chains stay open.

        Raises:
            StageStalled: what was being tried could not be stopped.
        """
        self._over.set()
        if self._scout is not None:
            self._scout.stop()

    def _open(
        self,
        stage: str,
        wanted: Plan,
        order: Sequence[str],
        table: Mapping[str, Opener[Any, Any]],
        models: Any,
        files: Iterable[Path],
        lacking: Mapping[str, str] | None = None,
    ) -> Chain[Any]:
        """Open the chain of one stage or group of heads; `lacking`: why providers cannot serve it at all."""
        away = {**dict.fromkeys(wanted.absent, NOT_BUILT), **(lacking or {})}
        for provider in wanted.candidates:
            if lacks := _missing(table[provider], models):
                away[provider] = lacks
        tried = [
            self._link(stage, provider, table[provider], models)
            for provider in wanted.candidates
            if provider not in away
        ]
        absent = [
            Link[Any](provider, _absent, "unavailable", reason, due=None) for provider, reason in away.items()
        ]
        last = self._link(stage, wanted.last, table[wanted.last], models)
        try:
            if lacks := _missing(table[wanted.last], models):
                raise ProviderUnavailable(wanted.last, lacks)
            if wanted.last != "cpu":
                self._trial(stage, wanted.last, table[wanted.last], models, files)
            chain = Chain(
                stage, [*tried, *absent, last], self.changes.say, wanted.named, order, clock=self._time.now
            )
            if wanted.last != "cpu":
                self._prove(stage, chain, table["cpu"].open, models)
        except ProviderError as exc:
            if wanted.last == "cpu":
                raise
            raise ProviderUnavailable(wanted.last, f"[{stage}]: {exc.reason}; {WAY_OUT}") from exc
        self._opened.append(chain)
        if wanted.named is not None and wanted.named in away:
            chain.missing(wanted.named, away[wanted.named])
        for link in tried:
            self._look_into(stage, chain, link, table[link.provider], models, files)
        return chain

    def _link(self, stage: str, provider: str, opener: Opener[Any, Any], models: Any) -> Link[Any]:
        if not isinstance(opener.open, Native):
            return Link(provider, partial(opener.open, models))
        from edged.backends.native_call import NativeCall
        from edged.backends.owned import OwnedFeatures, OwnedHeads, Owner

        wrap: Any = OwnedFeatures if stage == FEATURES else OwnedHeads
        if opener.open.watch:
            wrap = partial(self._watched, opener.open.watch)
        call = partial(NativeCall, wait=self._time.wait or self._wait)
        owner = Owner(f"{provider} {stage}", partial(opener.open, models), wrap, call)
        return Link(provider, owner.open)

    def _watched(self, watch: str, backend: Any, call: Any) -> Any:
        return imported(watch)(backend, call, self._time.now)

    def _look_into(
        self,
        stage: str,
        chain: Chain[Any],
        link: Link[Any],
        opener: Opener[Any, Any],
        models: Any,
        files: Iterable[Path],
    ) -> None:
        from edged.backends.proofs import PROOFS
        from edged.backends.scout import Prospect

        trial = partial(self._trial, stage, link.provider, opener, models, files)
        needs_child = isinstance(opener.open, Native)
        self._prospects.append(Prospect(chain, link, PROOFS[stage], trial if needs_child else None))

    def _trial(
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

    def _prove(self, stage: str, chain: Chain[Any], open_cpu: Any, models: Any) -> None:
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

    def _found_scout(self) -> "Scout":
        from edged.backends.scout import Scout

        if self._scout is None:
            self._scout = Scout(
                self._prospects, self._time.now, self._time.cpu, self._time.sleep or self._over.wait
            )
        return self._scout

    def _wait(self, lock: Any, seconds: float) -> bool:
        """Wait for a call that may hang, in slices: the end of the run does not wait with it."""
        until = time.monotonic() + seconds
        while not lock.acquire(timeout=min(SLICE_S, max(0.0, until - time.monotonic()))):
            if self._over.is_set() or time.monotonic() >= until:
                return False
        return True


SLICE_S = 0.1
"""Seconds between two looks at whether the run is over, while a call is waited for."""


def grouped(
    wanted: Plan, heads: HeadModels, table: Mapping[str, Opener[HeadModels, HeadBackend]]
) -> list[tuple[Plan, HeadModels]]:
    """Return which heads share a chain: those that the same providers can serve, in the order of the first.

    Raises:
        ProviderUnavailable: a backend was named, nothing may stand in for it, and it cannot serve a head.
    """
    if wanted.last != "cpu":
        for head in heads:
            if not table[wanted.last].serves(head):
                raise ProviderUnavailable(
                    wanted.last, f"[{HEADS}]: {_lacks(table[wanted.last], [head])}; {WAY_OUT}"
                )
    found: dict[tuple[str, ...], list[HeadModel]] = {}
    for head in heads:
        able = tuple(provider for provider in wanted.candidates if table[provider].serves(head))
        found.setdefault(able, []).append(head)
    return [
        (Plan(able, wanted.last, wanted.named, wanted.absent), tuple(members))
        for able, members in found.items()
    ]


def _missing(opener: Opener[Any, Any], models: Any) -> str:
    """Return what this machine lacks for a provider; empty where it must be tried."""
    return opener.open.missing(models) if isinstance(opener.open, Native) else ""


def _options(models: Any) -> tuple[str, ...]:
    """Return what else a trial depends on, beside the files of its models."""
    if not isinstance(models, FeatureModels):
        return ()
    return (models.device, models.precision, str(models.mem_limit_mb))


def _lacks(opener: Opener[HeadModels, HeadBackend], heads: Iterable[HeadModel]) -> str:
    names = ", ".join(head.name for head in heads)
    return opener.lacks.format(heads=names) if opener.lacks else f"cannot serve {names}"


def _absent() -> Any:
    raise ProviderUnavailable("absent", NOT_BUILT)
