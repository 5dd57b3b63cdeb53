"""The chains of a configuration: which links each stage has, and who tries them.

Where nothing but the CPU can serve there is nothing to try: no thread, no probe, and none of the modules
for that are imported.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edged.backends.backend import FeatureBackend, HeadBackend
from edged.backends.chain import Chain
from edged.backends.chained_features import ChainedFeatures
from edged.backends.chained_heads import ChainedHeads, SideBySide
from edged.backends.changes import Changes
from edged.backends.link import Link
from edged.backends.openers import OPENERS, FeatureModels, HeadModels, Native, Opener, Openers
from edged.backends.select import NOT_BUILT, WAY_OUT, Plan, plan
from edged.backends.verdict import Verdict
from edged.config.schema import Features, Heads
from edged.errors import ProviderError, ProviderUnavailable
from edged.runtime.grouping import HEADS, grouped, lacks
from edged.runtime.trials import Time, Trials, missing

if TYPE_CHECKING:
    from edged.backends.scout import Prospect, Scout

FEATURES = "features"


class Chains:
    """Opens the chains of a run, has their candidates tried, and says what became of each link."""

    def __init__(
        self, openers: Openers = OPENERS, cache: Path | None = None, clocks: Time | None = None
    ) -> None:
        """`cache`: folder of what trials found out; None: where edged keeps what it can do without."""
        self.changes = Changes()
        self._openers = openers
        self._time = clocks or Time()
        self._opened: list[Chain[Any]] = []
        self._prospects: list[Prospect[Any]] = []
        self._scout: Scout | None = None
        self._over = threading.Event()
        self._trials = Trials(self._time, self._over, cache)

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
        lacking = {provider: lacks(table[provider], heads) for provider in unable}
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
            if why := missing(table[provider], models):
                away[provider] = why
        tried = [
            self._trials.link(stage, provider, table[provider], models)
            for provider in wanted.candidates
            if provider not in away
        ]
        absent = [
            Link[Any](provider, _absent, "unavailable", reason, due=None) for provider, reason in away.items()
        ]
        last = self._trials.link(stage, wanted.last, table[wanted.last], models)
        try:
            if why := missing(table[wanted.last], models):
                raise ProviderUnavailable(wanted.last, why)
            if wanted.last != "cpu":
                self._trials.try_out(stage, wanted.last, table[wanted.last], models, files)
            chain = Chain(
                stage, [*tried, *absent, last], self.changes.say, wanted.named, order, clock=self._time.now
            )
            if wanted.last != "cpu":
                self._trials.prove(stage, chain, table["cpu"].open, models)
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

        trial = partial(self._trials.try_out, stage, link.provider, opener, models, files)
        needs_child = isinstance(opener.open, Native)
        self._prospects.append(Prospect(chain, link, PROOFS[stage], trial if needs_child else None))

    def _found_scout(self) -> "Scout":
        from edged.backends.scout import Scout

        if self._scout is None:
            self._scout = Scout(
                self._prospects, self._time.now, self._time.cpu, self._time.sleep or self._over.wait
            )
        return self._scout


def _absent() -> Any:
    raise ProviderUnavailable("absent", NOT_BUILT)
