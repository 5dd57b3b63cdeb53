"""Three links of one stage under a virtual clock, and faults that tests send into any of them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from edged.backends.backend import FeatureBackend, HeadBackend
from edged.backends.chain import Chain
from edged.backends.chained_features import ChainedFeatures
from edged.backends.chained_heads import ChainedHeads
from edged.backends.faulty import Fault, Faults, FaultyFeatures, FaultyHeads
from edged.backends.link import Link
from edged.backends.native_call import NativeCall
from edged.backends.owned import OwnedFeatures, OwnedHeads, Owner
from edged.backends.proofs import PROOFS
from edged.backends.scout import Prospect, Scout
from edged.errors import ProviderUnavailable
from edged.geometry import HOP
from edged.messages import Body, Fallback, Recovered, Restarted
from edged.stages.features.features import Features
from edged.stages.features.history import History
from tests.backends.virtual import Clock

LINKS = ("first", "middle", "last")
COST_MS = {"first": 1.0, "middle": 2.0, "last": 4.0}
"""Processor time that each link pretends to need: so they rank as they are called."""

Stage = Literal["features", "heads"]


class Rig:
    """A chain whose links compute what `features` or `heads` compute, until told not to."""

    def __init__(self, stage: Stage, features: FeatureBackend, heads: HeadBackend, links=LINKS, named=None):
        self.clock = Clock()
        self.cpu = 0.0
        self.said: list[Body] = []
        self.faults: dict[str, Fault | None] = {}
        """What happens to the next call of a link: once, unless its name is in `lasting`."""
        self.lasting: set[str] = set()
        self.closed_to: set[str] = set()
        """Links that cannot be opened."""
        self.opened: list[str] = []
        inner: Any = features if stage == "features" else heads
        self.links = [self._link(stage, name, inner) for name in links]
        self.chain: Chain[Any] = Chain(stage, self.links, self.said.append, named, links, clock=self.clock)
        if stage == "features":
            self.features: FeatureBackend = ChainedFeatures(self.chain, self.clock)
            self.heads = heads
        else:
            self.features, self.heads = features, ChainedHeads(self.chain, self.clock)
        prospects = [Prospect(self.chain, link, PROOFS[stage]) for link in self.links[:-1]]
        self.scout = Scout(prospects, self.clock, self._cpu_clock, self.clock.sleep)

    def _link(self, stage: Stage, name: str, inner: Any) -> Link[Any]:
        faults = Faults(partial(self._next, name), self.clock.spend, self.clock.hang)
        make, wrap = (FaultyFeatures, OwnedFeatures) if stage == "features" else (FaultyHeads, OwnedHeads)

        def open_() -> Any:
            if name in self.closed_to:
                raise ProviderUnavailable(name, "planned: cannot be opened")
            self.opened.append(name)
            return make(Shared(inner), name, faults)

        owner = Owner(f"{name} {stage}", open_, wrap, partial(NativeCall, wait=self.clock.wait))
        return Link(name, owner.open)

    def _next(self, name: str) -> Fault | None:
        self.cpu += COST_MS.get(name, 1.0) / 1e3
        fault = self.faults.get(name)
        if name not in self.lasting:
            self.faults.pop(name, None)
        return fault

    def _cpu_clock(self) -> float:
        return self.cpu

    def close(self) -> None:
        self.clock.end()
        self.chain.close()

    @property
    def serving(self) -> str:
        return self.chain.serving.link.provider

    def changes(self) -> list[tuple[str, ...]]:
        """What was said, short."""
        return [short(body) for body in self.said]


class Shared:
    """A backend that others use as well: closing it closes nothing."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def close(self) -> None:
        pass


def short(body: Body) -> tuple[str, ...]:
    match body:
        case Fallback() | Recovered():
            return (body.NAME, body.from_, body.to)
        case Restarted():
            return (body.NAME, body.reason.partition(":")[0])
        case _:
            raise AssertionError(body)


def hear(
    features: FeatureBackend,
    heads: HeadBackend,
    pcm: np.ndarray,
    before: np.ndarray,
    at: Callable[[int], object] = lambda hop: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings (hops, 96) and scores (hops, columns) of a recording; `at` is called before each hop."""
    stream, history = Features(features.stream()), History(before)
    embeddings, scores = [], []
    for hop in range(len(pcm) // HOP):
        at(hop)
        history.push(stream.push(pcm[hop * HOP : (hop + 1) * HOP]))
        embeddings.append(history.rows[-1].copy())
        scores.append(heads.scores(history.rows).copy())
    return np.stack(embeddings), np.stack(scores)


def follow(said: Sequence[Body], start: str) -> str:
    """Go along the changes; each must begin where the last one ended. Return where they end."""
    here = start
    for body in said:
        if isinstance(body, Fallback | Recovered):
            assert body.from_ == here
            assert body.to != here
            here = body.to
    return here
