"""One backend of one stage, measured in a process where nothing else runs: `stages` asks, this answers."""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from edged.backends.openers import OPENERS, Openers
from edged.bench.lock import held_s
from edged.bench.memory import memory_mb
from edged.bench.paced import WARM, paced
from edged.bench.rest import Rest
from edged.bench.telling import tell


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be measured."""

    stage: str
    provider: str
    models: str
    """As `trial.to_text` writes them."""
    cache: str
    """Folder that stands for every cache: edged's own and those of drivers."""
    hops: int
    """At the pace of sound; 0: only how long the start takes."""


def answer(asked: Question, openers: Openers = OPENERS) -> dict[str, Any]:
    """Open the backend, prove it and measure it.

    Raises:
        EdgedError: it cannot be opened, computes something else, or fails.
    """
    begun = time.perf_counter()
    backend, step = _open(asked, asked.provider, openers)
    step()
    started = {"start_ms": _ms(time.perf_counter() - begun)}
    if not asked.hops:
        return started
    from edged.backends.proofs import PROOFS

    if asked.provider != "cpu":
        reference, _ = _open(asked, "cpu", openers)
        PROOFS[asked.stage].probe(backend, reference)
    rested = Rest.now()
    cost = paced(step, asked.hops, time.perf_counter, time.process_time, time.sleep)
    told = cost.in_ms()
    return {
        **started,
        "device": backend.device,
        "precision": backend.precision,
        **told,
        "warm_up_hops": WARM,
        "hops": asked.hops,
        "hops_per_s": round(1e3 / told["mean_ms"], 1) if told["mean_ms"] else None,
        **Rest.now().since(rested),
        "lock_ms": _ms(held_s(step)),
        "peak_memory_mb": memory_mb(os.getpid())["peak_rss"],
        **_of_the_gpu(backend),
    }


def _open(asked: Question, provider: str, openers: Openers) -> tuple[Any, Callable[[], object]]:
    # here, so that what a start costs includes its imports
    from edged.backends.proofs import PROOFS
    from edged.backends.trial import from_text

    table: Any = openers.features if asked.stage == "features" else openers.heads
    backend = table[provider].open(from_text(asked.models))
    return backend, PROOFS[asked.stage].step(backend)


def _of_the_gpu(backend: Any) -> dict[str, Any]:
    """Return what only kernels of our own can tell; None for all others."""
    from edged.backends.opencl.features import OpenClFeatures

    if not isinstance(backend, OpenClFeatures):
        return dict.fromkeys(("launches", "kernel_ms", "device_bytes", "cut"))
    kernel_s = backend.profile()
    told = backend.stats()
    return {
        "launches": told.launches,
        "kernel_ms": _ms(kernel_s),
        "device_bytes": told.bytes_allocated,
        "cut": str(told.choice),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 3)


def _main(fd: int, text: str) -> None:
    asked = Question(**json.loads(text))
    os.environ.update(CACHE_DIRECTORY=asked.cache, XDG_CACHE_HOME=asked.cache)
    tell(fd, lambda: answer(asked))


def to_text(asked: Question) -> str:
    """Return a question as it is asked."""
    return json.dumps(asdict(asked))


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2])
