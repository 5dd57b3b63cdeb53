import pytest

from edged.backends.cpu.features import CpuFeatures
from tests.backends.opencl.sounds import models


@pytest.fixture(scope="session")
def cpu() -> CpuFeatures:
    return CpuFeatures(*models())
