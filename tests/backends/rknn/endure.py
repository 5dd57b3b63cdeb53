"""A process that scores for very long on the double and says how its memory went, in bytes."""

import ctypes
import gc
import json
import sys
from pathlib import Path

import numpy as np

from edged.backends.native_call import NativeCall
from edged.backends.rknn.heads import open_heads
from edged.backends.rknn.watched import WatchedHeads
from tests.backends.rknn.artifacts import heads_on_npu


class Mallinfo2(ctypes.Structure):
    """glibc's own count, in the order of its header malloc.h."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks",
            "keepcost",
        )
    )  # fmt: skip


PYTHON_OBJECT = 64
"""Bytes of a small object of Python's, which has its own pools beside glibc's: a guess on the high side."""


def in_use() -> int:
    """Bytes that somebody holds: resident memory also goes up and down by what allocators keep."""
    gc.collect()
    count = ctypes.CDLL(None).mallinfo2
    count.restype = Mallinfo2
    said = count()
    return said.uordblks + said.hblkhd + sys.getallocatedblocks() * PYTHON_OBJECT


def main(sheet: str, calls: int, looks: int) -> None:
    call = NativeCall("npu")
    models = heads_on_npu(Path(sheet), ("alexa",))
    heads = WatchedHeads(call.run(lambda: open_heads(models), 60.0), call)
    histories = (np.random.RandomState(0).standard_normal((16, 34, 96)) * 8).astype(np.float32)
    seen = []
    for at in range(calls):
        heads.scores(histories[at % 16])
        if (at + 1) % (calls // looks) == 0:
            seen.append(in_use())
    sys.stdout.write(json.dumps(seen))
    heads.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
