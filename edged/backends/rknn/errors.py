"""What can go wrong with the NPU, one class per remedy.

ProviderUnavailable
 +- Hopeless                 nothing changes before a restart: told once, not tried again
 |   +- NpuAbsent            no NPU of an RK3588, or no driver for it
 |   +- NpuForeignDriver     mainline's rocket, which does not take .rknn
 |   +- NpuPermission        its node may not be opened
 |   +- NpuRuntimeMissing    librknnrt.so
 |   +- NpuPythonMissing     rknn-toolkit-lite2
 +- NpuModelRejected         the file: damaged, another chip, another shape
 +- NpuInitFailed            the driver or the runtime said no
 +- Refused
     +- NpuProbeMismatch     it computes something else
ProviderFailed
 +- NpuRunFailed             a return code, or no answer at all
 +- NpuStale                 the canary: an answer to another input
 +- NpuNonsense              NaN, another shape, no scores
 +- NpuTimeout               late too often, or hung
 +- NpuDisagrees             the CPU scored otherwise, twice
"""

from edged.backends.verdict import Hopeless, Refused
from edged.errors import ProviderFailed, ProviderUnavailable

PROVIDER = "rknn"

CODES = {
    -1: ("RKNN_ERR_FAIL", "sudo dmesg | grep -i rknpu says more; a driver older than 0.8.8 fails like this"),
    -2: ("RKNN_ERR_TIMEOUT", "another program may hold the NPU"),
    -3: ("RKNN_ERR_DEVICE_UNAVAILABLE", "add the user to the groups render and video"),
    -4: ("RKNN_ERR_MALLOC_FAIL", "the board is out of memory"),
    -5: ("RKNN_ERR_PARAM_INVALID", "librknnrt.so and rknn-toolkit-lite2 do not fit each other"),
    -6: ("RKNN_ERR_MODEL_INVALID", "librknnrt.so is older than the toolkit that made the file: replace it"),
    -7: ("RKNN_ERR_CTX_INVALID", ""),
    -8: ("RKNN_ERR_INPUT_INVALID", "convert the heads again: edged models convert"),
    -9: ("RKNN_ERR_OUTPUT_INVALID", "convert the heads again: edged models convert"),
    -10: ("RKNN_ERR_DEVICE_UNMATCH", "librknnrt.so and the kernel's driver do not fit each other"),
    -11: ("RKNN_ERR_INCOMPATILE_PRE_COMPILE_MODEL", "convert the heads again: edged models convert"),
    -12: ("RKNN_ERR_INCOMPATILE_OPTIMIZATION_LEVEL_VERSION", "convert the heads again: edged models convert"),
    -13: ("RKNN_ERR_TARGET_PLATFORM_UNMATCH", "the file is for another chip: edged models convert"),
}
"""Return codes of librknnrt, spelt as it spells them (Rockchip, rknn_api.h), and the usual way out."""


def told(code: int | str) -> str:
    """Return a code by name, with its remedy where there is one."""
    name, remedy = CODES.get(code, ("", "")) if isinstance(code, int) else _by_name(code)
    said = name or f"error {code}"
    return f"{said} ({remedy})" if remedy else said


def _by_name(text: str) -> tuple[str, str]:
    return next((entry for entry in CODES.values() if entry[0] == text), (text, ""))


class _Npu(Hopeless):
    def __init__(self, reason: str) -> None:
        super().__init__(PROVIDER, reason)


class NpuAbsent(_Npu):
    """There is no NPU that RKNN could use."""


class NpuForeignDriver(_Npu):
    """The NPU is driven by something that RKNN does not speak to."""


class NpuPermission(_Npu):
    """Its node may not be opened by this user."""


class NpuRuntimeMissing(_Npu):
    """librknnrt.so is missing."""


class NpuPythonMissing(_Npu):
    """rknn-toolkit-lite2 is missing."""


class NpuModelRejected(ProviderUnavailable):
    """A compiled file that this board cannot run."""

    def __init__(self, reason: str) -> None:
        super().__init__(PROVIDER, reason)


class NpuInitFailed(ProviderUnavailable):
    """Driver or runtime refused to open a graph."""

    def __init__(self, reason: str) -> None:
        super().__init__(PROVIDER, reason)


class NpuProbeMismatch(Refused):
    """It computes something else than the CPU did for the stored windows."""

    def __init__(self, reason: str) -> None:
        super().__init__(PROVIDER, reason)


class _NpuFailed(ProviderFailed):
    def __init__(self, reason: str) -> None:
        super().__init__(PROVIDER, reason)


class NpuRunFailed(_NpuFailed):
    """A call returned an error."""


class NpuStale(_NpuFailed):
    """The answer belongs to another input."""


class NpuNonsense(_NpuFailed):
    """The answer is none: NaN, another shape, no score."""


class NpuTimeout(_NpuFailed):
    """It was late too often, or hangs."""


class NpuDisagrees(_NpuFailed):
    """The CPU scores the same embeddings otherwise."""
