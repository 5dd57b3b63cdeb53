"""The machine as a report names it, and the state it is in: from files alone, so that no device wakes up."""

import os
import platform
from typing import Any

from edged.backends.opencl.icds import icds
from edged.config.board import choose, device_tree
from edged.doctor.distribution import distribution
from edged.doctor.kernel import kernel
from edged.doctor.machine_files import in_binary, libraries
from edged.doctor.npu import LIBRARY, LIBRARY_VERSION
from edged.telemetry import accelerators, clusters, thermal, throttling
from edged.telemetry.clusters import Cluster
from edged.telemetry.files import text


def known() -> dict[str, Any]:
    """Return what does not change while one measures; null is what the machine does not tell."""
    names, _ = device_tree()
    here = kernel()
    return {
        "board": {"name": choose(names, "").name, "model": text("/sys/firmware/devicetree/base/model")},
        "soc": names[-1] if names else None,
        "architecture": platform.machine(),
        "kernel": {"release": here.release or None, "kind": here.kind},
        "distribution": distribution().name,
        "cpu": {
            "model": _cpu_model(),
            "count": os.cpu_count(),
            "clusters": [_cluster(each) for each in clusters.clusters()],
        },
        "gpu": _gpu(),
        "npu": _npu(),
        "memory_mb": memory_mb("MemTotal"),
    }


def moment() -> dict[str, Any]:
    """Return what changes: heat, clocks, load, memory."""
    held = throttling.held_down()
    return {
        "celsius": dict(thermal.zones()),
        "clocks_held_down": dict(held) if held is not None else None,
        "cpu_hz": [clusters.clock(each).now_hz for each in clusters.clusters()],
        "load": [round(load, 2) for load in os.getloadavg()],
        "available_mb": memory_mb("MemAvailable"),
    }


def memory_mb(field: str) -> float | None:
    """Return a field of /proc/meminfo in MiB; None where the machine does not tell."""
    for line in (text("/proc/meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        kib = rest.strip().removesuffix(" kB")
        if name == field and kib.isdecimal():
            return round(int(kib) / 1024, 1)
    return None


def share_of_memory(megabytes: float | None) -> float | None:
    """Return which share of the machine's memory so many MiB are, 0..1; None where either is unknown."""
    total = memory_mb("MemTotal")
    return None if megabytes is None or not total else round(megabytes / total, 5)


def _cluster(cluster: Cluster) -> dict[str, Any]:
    clock = clusters.clock(cluster)
    return {
        "core": cluster.core,
        "cpus": list(cluster.cpus),
        "governor": clock.governor,
        "highest_hz": clock.highest_hz,
        "allowed_hz": clock.allowed_hz,
    }


def _gpu() -> dict[str, Any]:
    gpu = accelerators.gpu()
    return {
        "clock_hz": gpu.clock_hz if gpu else None,
        "governor": gpu.governor if gpu else None,
        "opencl_drivers": [library for icd in icds() for library in icd.libraries],
        "kernel_driver": text("/sys/module/bifrost_kbase/version") or text("/sys/module/mali_kbase/version"),
    }


def _npu() -> dict[str, Any] | None:
    npu = accelerators.npu()
    if npu is None:
        return None
    named = os.environ.get("LIBRKNNRT_PATH", "")
    files = libraries(named if named.startswith("/") else LIBRARY)
    return {
        "clock_hz": npu.clock_hz,
        "kernel_driver": text("/sys/kernel/debug/rknpu/version") or text("/proc/rknpu/version"),
        "library": in_binary(files[0], LIBRARY_VERSION) if files else None,
    }


def _cpu_model() -> str | None:
    for line in (text("/proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Hardware"):
            return value.strip()
    return None
