"""The CPUs of this machine, those that are alike and share a clock together."""

import re
from dataclasses import dataclass
from pathlib import Path

from edged.config.sysroot import on_machine

CPUS = "/sys/devices/system/cpu"

SPEED_OF_PART = {0xD05: 530, 0xD0B: 1024}
"""Cortex-A55 and Cortex-A76 by the part number in /proc/cpuinfo; `capacity-dmips-mhz` of mainline's
rk3588-base.dtsi, for kernels that tell no capacity."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """CPUs that are alike and share a clock."""

    cpus: frozenset[int]
    speed: int
    """Relative to the other clusters of this machine: 1024 is the fastest where the kernel tells it."""


def clusters() -> list[Cluster]:
    """Return the clusters of this machine, slowest first; empty where it does not tell them apart."""
    clocks = _clocks()
    together: dict[tuple[int, frozenset[int]], set[int]] = {}
    for cpu, speed in (_capacities() or _parts()).items():
        together.setdefault((speed, clocks.get(cpu, frozenset())), set()).add(cpu)
    found = [Cluster(frozenset(cpus), speed) for (speed, _), cpus in together.items()]
    return sorted(found, key=lambda cluster: (cluster.speed, min(cluster.cpus)))


def cpu_list(text: str) -> frozenset[int]:
    """Return the CPUs of `0 1 2` or `0-3,6`; empty where it is neither."""
    found: set[int] = set()
    for part in re.split(r"[\s,]+", text.strip()):
        match = re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", part)
        if match is None:
            return frozenset()
        found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return frozenset(found)


def _capacities() -> dict[int, int]:
    """Return what the kernel's scheduler reckons with, by CPU."""
    found: dict[int, int] = {}
    for folder in _numbered("cpu"):
        text = _text(folder / "cpu_capacity").strip()
        if re.fullmatch("[0-9]{1,6}", text):
            found[int(folder.name.removeprefix("cpu"))] = int(text)
    return found


def _parts() -> dict[int, int]:
    """Return the speed of each core by its part number; nothing where one is unknown."""
    found: dict[int, int] = {}
    for core in _text(on_machine("/proc/cpuinfo")).split("\n\n"):
        cpu = re.search(r"^processor\s*:\s*([0-9]{1,4})$", core, re.MULTILINE)
        part = re.search(r"^CPU part\s*:\s*(0x[0-9a-fA-F]+)$", core, re.MULTILINE)
        if cpu and part:
            found[int(cpu[1])] = SPEED_OF_PART.get(int(part[1], 16), 0)
    return found if all(found.values()) else {}


def _clocks() -> dict[int, frozenset[int]]:
    """Return the CPUs that have their clock from the same place, by CPU.

    Without cpufreq the topology tells: an RK3588's device tree has the two pairs of A76 as clusters.
    """
    shared: dict[int, frozenset[int]] = {}
    policies = [cpu_list(_text(folder / "related_cpus")) for folder in _numbered("cpufreq/policy")]
    topology = [cpu_list(_text(folder / "topology/cluster_cpus_list")) for folder in _numbered("cpu")]
    for cpus in (*topology, *policies):
        shared.update(dict.fromkeys(cpus, cpus))
    return shared


def _numbered(name: str) -> list[Path]:
    place = on_machine(CPUS) / name
    return sorted(path for path in place.parent.glob(f"{place.name}[0-9]*") if path.name[-1].isdigit())


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
