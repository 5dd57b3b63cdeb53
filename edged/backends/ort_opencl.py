"""Features through an onnxruntime that brings an OpenCL execution provider; no released build does.

Such a provider is not taken at its word: onnxruntime puts every node that a provider has no kernel for on the
CPU and says nothing. So the first run is profiled, and counts only if the convolutions ran where they should.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.session import one_thread
from edged.backends.openers import FeatureModels
from edged.backends.quiet import banner_to_stderr
from edged.errors import ProviderUnavailable

PROVIDER = "ort-opencl"

NAME = "OpenCLExecutionProvider"
"""As it would be called in a build of onnxruntime that has it (its pull requests 10830 and 23830)."""

SHARE = 0.9
"""Part of the convolutions that must run on the provider: each that does not costs two copies per hop."""

CONVOLUTIONS = frozenset({"Conv", "FusedConv"})


@dataclass(frozen=True, slots=True)
class Offer:
    """An execution provider of this onnxruntime."""

    name: str
    devices: tuple[Any, ...] = ()
    """Of a plugin that was registered; empty: it is built in."""


class OrtOpenClFeatures(CpuFeatures):
    """A FeatureBackend whose embedding an execution provider computes; mel stays on the CPU."""

    provider = PROVIDER

    def __init__(self, melspectrogram: Path, embedding: Path, offer: Offer) -> None:
        """Read both models and see where the convolutions run.

        Raises:
            ModelError: a file is missing, damaged or another model.
            ProviderUnavailable: the provider refuses the graph, or leaves it to the CPU.
        """
        self.device = offer.name
        super().__init__(melspectrogram, embedding, partial(open_placed, offer=offer))


def open_features(models: FeatureModels) -> OrtOpenClFeatures:
    """Open what this onnxruntime offers.

    Raises:
        ModelError, ProviderUnavailable: see OrtOpenClFeatures; or nothing is offered.
    """
    found = offer()
    if found is None:
        raise ProviderUnavailable(PROVIDER, missing(models))
    return OrtOpenClFeatures(models.melspectrogram, models.embedding, found)


def missing(models: FeatureModels) -> str:
    """Say that nothing is offered, empty where something is: no session is opened for that."""
    if offer() is not None:
        return ""
    return f"onnxruntime {_ort().__version__} has no OpenCL execution provider; no released build has"


def version() -> str:
    """Return what is believed of one onnxruntime only: its version and what it was built with."""
    ort = _ort()
    return f"{ort.__version__} {ort.get_build_info()}"


def offer() -> Offer | None:
    """Return the OpenCL provider of this onnxruntime, built in or a registered plugin; None: it has none."""
    ort = _ort()
    if NAME in ort.get_available_providers():
        return Offer(NAME)
    plugins: list[Any] = ort.get_ep_devices() if hasattr(ort, "get_ep_devices") else []
    devices = [each for each in plugins if "opencl" in each.ep_name.lower()]
    return Offer(devices[0].ep_name, (devices[0],)) if devices else None


def open_placed(model: bytes, what: str, offer: Offer) -> Any:
    """Open a serialized graph on a provider and see in the profile of one run that it computes there.

    Raises:
        ProviderUnavailable: it does not.
    """
    ort = _ort()
    if not offer.devices and offer.name not in ort.get_available_providers():  # it would only be warned of
        raise ProviderUnavailable(PROVIDER, f"onnxruntime {ort.__version__} has no {offer.name}")
    with tempfile.TemporaryDirectory() as folder:
        options = one_thread(ort)
        options.enable_profiling = True
        options.profile_file_prefix = f"{folder}/run"
        providers = list(dict.fromkeys([offer.name, "CPUExecutionProvider"]))
        if offer.devices:
            options.add_provider_for_devices(list(offer.devices), {})
            providers = []
        try:
            with banner_to_stderr():
                session = ort.InferenceSession(model, options, providers=providers, enable_fallback=0)
                profile = profiled(session)
        except Exception as exc:  # onnxruntime raises a dozen private classes: all mean "refused"
            reason = str(exc).strip().splitlines()[0] if str(exc).strip() else type(exc).__name__
            raise ProviderUnavailable(PROVIDER, f"{what}: {reason}") from exc
    if said := objection(where_convolutions_ran(profile), offer.name):
        raise ProviderUnavailable(PROVIDER, said)
    return session


def profiled(session: Any) -> list[dict[str, Any]]:
    """Run a session once on zeros, end its profiling, and return the profile."""
    inputs = {each.name: np.zeros(each.shape, np.float32) for each in session.get_inputs()}
    session.run(None, inputs)
    return json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))


def where_convolutions_ran(profile: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Return the convolutions of a profile by the provider that computed them; each node counts once."""
    ran = {
        (event["args"]["node_index"], event["args"]["provider"])
        for event in profile
        if event.get("cat") == "Node" and event["args"].get("op_name") in CONVOLUTIONS
    }
    return Counter(provider for _, provider in ran)


def objection(ran: Mapping[str, int], wanted: str) -> str:
    """Return why a profile is not good enough; empty where it is."""
    there, total = ran.get(wanted, 0), sum(ran.values())
    if total and there >= SHARE * total:
        return ""
    elsewhere = ", ".join(
        f"{provider} {count}" for provider, count in sorted(ran.items()) if provider != wanted
    )
    return f"{wanted} computed {there} of {total} convolutions; elsewhere: {elsewhere or 'none were seen'}"


def _ort() -> Any:
    try:
        import onnxruntime
    except ImportError as exc:
        raise ProviderUnavailable(PROVIDER, f"onnxruntime does not import ({exc})") from exc
    return onnxruntime
