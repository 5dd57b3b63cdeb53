"""How the chain opens the OpenCL features: device, limits and cache as the configuration has them."""

from edged.backends.opencl.designs import Choice
from edged.backends.opencl.devices import device
from edged.backends.opencl.features import OpenClFeatures
from edged.backends.openers import FeatureModels
from edged.backends.trial_cache import cache_folder

SUBFOLDER = "opencl"
"""Of the cache: programs and the tuner's choice."""


def open_features(models: FeatureModels, choice: Choice | None = None) -> OpenClFeatures:
    """Open the device that the configuration asks for.

    choice: see OpenClFeatures.

    Raises:
        ModelError: a model is missing, damaged or another one.
        ProviderUnavailable: see `devices.choose` and OpenClFeatures.
    """
    return OpenClFeatures(
        models.melspectrogram,
        models.embedding,
        device(models.device),
        precision=models.precision,
        mem_limit_mb=models.mem_limit_mb,
        cache=cache_folder() / SUBFOLDER,
        choice=choice,
    )
