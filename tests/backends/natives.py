"""Drivers of every temper, opened by name in the process that tries them."""

import os
import signal
import sys
import time

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads
from edged.backends.faulty import Faults, FaultyFeatures, FaultyHeads
from edged.errors import ProviderUnavailable


def _faults(kind):
    return Faults(lambda: kind, time.sleep, signal.pause)


def _features(models, kind=None):
    return FaultyFeatures(CpuFeatures(models.melspectrogram, models.embedding), "native", _faults(kind))


def _heads(models, kind=None):
    return FaultyHeads(CpuHeads(models), "native", _faults(kind))


def _backend(models, kind=None):
    return (_heads if isinstance(models, tuple) else _features)(models, kind)


def honest(models):
    sys.stdout.write("drivers print what they like")
    return _backend(models)


def aborts(models):
    os.abort()


def aborts_later(models):
    backend = _backend(models)
    backend._faults = Faults(os.abort, time.sleep, signal.pause)
    if hasattr(backend, "stream"):
        return FaultyFeatures(backend, "native", backend._faults)
    return FaultyHeads(backend, "native", backend._faults)


def exits(models):
    os._exit(3)


def hangs(models):
    signal.pause()


def wrong(models):
    return _backend(models, "wrong")


def nan(models):
    return _backend(models, "nan")


def fails(models):
    return _backend(models, "fail")


def absent(models):
    raise ProviderUnavailable("native", "/dev/dri/renderD129: permission denied")


def breaks(models):
    raise RuntimeError("no such symbol: clGetPlatformIDs")


def version():
    return "1.2.3"


def lacking(models):
    return "no such node"
