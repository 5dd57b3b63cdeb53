"""The table of providers: what opens each one, for features and for heads.

A new provider is one file and one line here. What a driver can abort or hang in is named by `Native`: it is
tried in a child first (trial.py) and then runs on a thread of its own (owned.py).
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from edged.backends.backend import FeatureBackend, HeadBackend
from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads, HeadModel
from edged.backends.cpu.session import open_session

B = TypeVar("B")
M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class FeatureModels:
    """What features are computed with."""

    melspectrogram: Path
    embedding: Path
    device: str = ""
    """Index or part of the name of an OpenCL device; empty: the GPU."""
    precision: str = "fp32"
    """Of OpenCL: `fp32` or `fp16`."""
    mem_limit_mb: int = 64
    """Megabytes of 10^6 bytes that OpenCL may allocate on its device."""
    threads: int = 1
    """Of the CPU."""


HeadModels = tuple[HeadModel, ...]


@dataclass(frozen=True, slots=True)
class Native:
    """A function whose module is imported when it is needed: what it calls may abort, hang or be absent."""

    function: str
    """`edged.backends.opencl.features:open_features`; takes the models, raises ProviderUnavailable. All
    that takes long the first time belongs into it, e.g. compiling: a later call has half a second."""
    driver: str = ""
    """`module:function` that tells, without opening anything, which driver would serve: its version, from
    files. What was learned of one driver is not believed of another. Raises ProviderUnavailable where
    there is none, so that no child is started for it."""
    lacking: str = ""
    """`module:function` that takes the models and tells, without opening anything, what this machine lacks;
    empty: nothing. No child is started for a machine that has no such hardware or driver."""
    watch: str = ""
    """`module:function` that takes what was opened, its thread and a clock, and returns what the path asks:
    for those who know better than `owned.py` when their driver is late."""

    def __call__(self, models: Any) -> Any:
        """Import the module and open the provider."""
        return named(self.function)(models)

    def version(self) -> str:
        """Return the driver's version, empty where nobody tells it."""
        return str(named(self.driver)()) if self.driver else ""

    def missing(self, models: Any) -> str:
        """Return what this machine lacks, empty where it must be tried."""
        return str(named(self.lacking)(models)) if self.lacking else ""


@dataclass(frozen=True, slots=True)
class Opener(Generic[M, B]):
    """What opens one provider for one stage."""

    open: Callable[[M], B] | Native
    """A plain function is trusted: called directly, on the path's own thread."""
    serves: Callable[[HeadModel], bool] = field(default=lambda head: True)
    """Heads only: which of them this provider has an artifact for."""
    lacks: str = ""
    """What to say where it has none for a head, and how to get one."""


@dataclass(frozen=True, slots=True)
class Openers:
    """Every provider that this version has."""

    features: Mapping[str, Opener[FeatureModels, FeatureBackend]]
    heads: Mapping[str, Opener[HeadModels, HeadBackend]]


def _cpu_features(models: FeatureModels) -> FeatureBackend:
    opened = partial(open_session, threads=models.threads)
    return CpuFeatures(models.melspectrogram, models.embedding, opened)


OPENERS = Openers(
    features={
        "cpu": Opener(_cpu_features),
        "opencl": Opener(
            Native(
                "edged.backends.opencl.opening:open_features",
                "edged.backends.opencl.icds:fingerprint",
                "edged.backends.opencl.icds:missing",
            )
        ),
        "ort-opencl": Opener(
            Native(
                "edged.backends.ort_opencl:open_features",
                "edged.backends.ort_opencl:version",
                "edged.backends.ort_opencl:missing",
            )
        ),
    },
    heads={
        "cpu": Opener(CpuHeads),
        "rknn": Opener(
            Native(
                "edged.backends.rknn.heads:open_heads",
                driver="edged.backends.rknn.machine:driver",
                watch="edged.backends.rknn.watched:watch",
            ),
            serves=lambda head: head.npu is not None,
            lacks="no compiled graph holds {heads}: edged models convert makes one",
        ),
    },
)


def named(function: str) -> Callable[..., Any]:
    """Return the function that `module:name` means; its module is imported now."""
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)
