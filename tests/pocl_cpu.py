"""Tells PoCL which processor it runs on where that is newer than PoCL's LLVM, which then calls it `generic`.

Its own clang refuses that name (https://github.com/pocl/pocl/issues/1049), so that nothing can be compiled
on the processors of later years. Only tests use PoCL; edged itself knows nothing of this.
"""

import ctypes
import mmap
import struct
from pathlib import Path

KNOWN = (("avx2", b"haswell"), ("sse4_2", b"nehalem"), ("sse2", b"x86-64"))
"""A flag of /proc/cpuinfo, and a processor that PoCL knows and that has nothing beyond it."""

_kept = []


def mend(pyopencl_folder: Path) -> None:
    """Have the PoCL beside pyopencl compile for a processor that it knows; does nothing where it knows it."""
    for library in (pyopencl_folder / ".libs").glob("libpocl-*.so"):
        name = ctypes.CDLL(str(library)).pocl_get_llvm_cpu_name
        name.restype = ctypes.c_char_p
        if name() == b"generic":
            _answer_instead(name)


def _answer_instead(function) -> None:
    libc = ctypes.CDLL(None)
    libc.strdup.restype = ctypes.c_void_p
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    known = next(name for flag, name in KNOWN if flag in flags)
    answer = ctypes.CFUNCTYPE(ctypes.c_void_p)(lambda: libc.strdup(known))
    _kept.append(answer)  # called as long as the process lives
    jump = b"\x48\xb8" + struct.pack("<Q", ctypes.cast(answer, ctypes.c_void_p).value) + b"\xff\xe0"
    at = ctypes.cast(function, ctypes.c_void_p).value
    page = ctypes.c_void_p(at - at % mmap.PAGESIZE)
    everything = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    assert libc.mprotect(page, ctypes.c_size_t(2 * mmap.PAGESIZE), everything) == 0
    ctypes.memmove(at, jump, len(jump))
