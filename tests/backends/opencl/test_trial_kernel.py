"""A device that computes is told from one that does not, and by which step it fails."""

import numpy as np
import pytest

from edged.backends.opencl.trial_kernel import ITEMS, compare, compute
from edged.errors import ProviderUnavailable
from tests import pocl
from tests.backends.opencl.driver_calls import counted

OUT_OF_RESOURCES = -5

STEPS = {
    "BuildProgram": "compiling a kernel failed: ",
    "CreateBuffer": "allocating memory failed: ",
    "EnqueueNDRangeKernel": "running a kernel failed: ",
}


def test_a_device_that_computes_passes():
    compute(pocl.device())


@pytest.mark.parametrize("call", STEPS)
def test_the_step_that_failed_is_named(call):
    device = pocl.device()
    with (
        counted(device, failing={call: OUT_OF_RESOURCES}),
        pytest.raises(ProviderUnavailable) as caught,
    ):
        compute(device)
    assert caught.value.reason.startswith(STEPS[call])
    assert "\n" not in caught.value.reason


@pytest.mark.parametrize("wrong", [0.0, np.nan, 1.5])
def test_a_wrong_answer_is_no_answer(wrong):
    given = np.ones(ITEMS, np.float32)
    found = np.arange(ITEMS, dtype=np.float32) + np.float32(0.5)
    compare(given, found)
    found[-1] = wrong
    with pytest.raises(ProviderUnavailable, match="its answer is wrong"):
        compare(given, found)
