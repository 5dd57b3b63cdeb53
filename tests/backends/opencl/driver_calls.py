"""Counts every call that reaches an OpenCL driver, at its door, and lets chosen ones fail.

Each object of a driver begins with a pointer to a table of functions, which the loader calls through
(cl_khr_icd). For a while every entry of that table leads to a counter and from there to the driver, so that
nothing escapes, whatever pyopencl does between. No entry takes more than twelve arguments, all of them fit
into a register or a slot of the stack, and to hand on more than were given does no harm.
"""

import ctypes
import mmap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_FIRST = """
GetPlatformIDs GetPlatformInfo GetDeviceIDs GetDeviceInfo CreateContext CreateContextFromType RetainContext
ReleaseContext GetContextInfo CreateCommandQueue RetainCommandQueue ReleaseCommandQueue GetCommandQueueInfo
SetCommandQueueProperty CreateBuffer CreateImage2D CreateImage3D RetainMemObject ReleaseMemObject
GetSupportedImageFormats GetMemObjectInfo GetImageInfo CreateSampler RetainSampler ReleaseSampler
GetSamplerInfo CreateProgramWithSource CreateProgramWithBinary RetainProgram ReleaseProgram BuildProgram
UnloadCompiler GetProgramInfo GetProgramBuildInfo CreateKernel CreateKernelsInProgram RetainKernel
ReleaseKernel SetKernelArg GetKernelInfo GetKernelWorkGroupInfo WaitForEvents GetEventInfo RetainEvent
ReleaseEvent GetEventProfilingInfo Flush Finish EnqueueReadBuffer EnqueueWriteBuffer EnqueueCopyBuffer
EnqueueReadImage EnqueueWriteImage EnqueueCopyImage EnqueueCopyImageToBuffer EnqueueCopyBufferToImage
EnqueueMapBuffer EnqueueMapImage EnqueueUnmapMemObject EnqueueNDRangeKernel EnqueueTask EnqueueNativeKernel
EnqueueMarker EnqueueWaitForEvents EnqueueBarrier
"""
NAMES = dict(enumerate(_FIRST.split())) | {
    81: "SetEventCallback",
    82: "CreateSubBuffer",
    96: "CreateImage",
    98: "CompileProgram",
    99: "LinkProgram",
    102: "EnqueueFillBuffer",
    104: "EnqueueMigrateMemObjects",
    105: "EnqueueMarkerWithWaitList",
    106: "EnqueueBarrierWithWaitList",
    123: "CreateCommandQueueWithProperties",
    126: "SVMAlloc",
    129: "EnqueueSVMMemcpy",
    134: "SetKernelArgSVMPointer",
    137: "CloneKernel",
}
"""By place in the table of CL/cl_icd.h."""
ENTRIES = 138
ERROR_AT = {
    "CreateContext": 5,
    "CreateCommandQueueWithProperties": 3,
    "CreateBuffer": 4,
    "CreateProgramWithSource": 4,
    "CreateKernel": 2,
}
"""Where those that answer an object take the address of their error; all others answer it."""
WORD = ctypes.sizeof(ctypes.c_void_p)

_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_size_t, *[ctypes.c_size_t] * 12)


@contextmanager
def counted(
    device: Any,
    failing: Mapping[str, int] | None = None,
    before: Mapping[str, Callable[[], object]] | None = None,
) -> Iterator[Counter[str]]:
    """Count the calls to the driver of a device by name, as long as the context lasts.

    failing: error by name of those that fail and never reach the driver. before: what to do before those of
    that name reach it.
    """
    table = ctypes.c_void_p.from_address(device.int_ptr).value
    entries = (ctypes.c_void_p * ENTRIES).from_address(table)
    _make_writable(table, ENTRIES * WORD)
    calls: Counter[str] = Counter()
    originals = list(entries)
    counters = {
        at: _counter(calls, at, entry, failing or {}, before or {})
        for at, entry in enumerate(originals)
        if entry
    }
    try:
        for at, counter in counters.items():
            entries[at] = ctypes.cast(counter, ctypes.c_void_p).value
        yield calls
    finally:
        for at in counters:
            entries[at] = originals[at]


def _counter(
    calls: Counter[str],
    at: int,
    entry: int,
    failing: Mapping[str, int],
    before: Mapping[str, Callable[[], object]],
) -> Any:
    driver, name = _FUNCTION(entry), NAMES.get(at, f"entry {at}")

    def count(*arguments: int) -> int:
        calls[name] += 1
        if name in before:
            before[name]()
        if name in failing and name in ERROR_AT:
            ctypes.c_int32.from_address(arguments[ERROR_AT[name]]).value = failing[name]
            return 0
        if name in failing:
            return failing[name] & 0xFFFFFFFF
        return driver(*arguments)

    return _FUNCTION(count)


def _make_writable(address: int, size: int) -> None:
    page = address - address % mmap.PAGESIZE
    protection = mmap.PROT_READ | mmap.PROT_WRITE
    done = ctypes.CDLL(None).mprotect(
        ctypes.c_void_p(page), ctypes.c_size_t(address + size - page), ctypes.c_int(protection)
    )
    assert done == 0
