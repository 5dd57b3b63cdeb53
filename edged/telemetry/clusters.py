"""CPU clusters: which cores are alike, what they are called, and the clock they run at.

Found at run time: by cpufreq's policies, by ARM's part number and by the kernel's `cpu_capacity`. Kernels
number the cores of one chip differently, so no number is taken for granted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from edged.telemetry.files import found, number, text

CPU = "/sys/devices/system/cpu"

PARTS = {
    0xD03: "A53",
    0xD05: "A55",
    0xD07: "A57",
    0xD08: "A72",
    0xD09: "A73",
    0xD0A: "A75",
    0xD0B: "A76",
    0xD0D: "A77",
    0xD41: "A78",
    0xD46: "A510",
    0xD47: "A710",
}
"""ARM's part numbers, from Linux's arch/arm64/include/asm/cputype.h."""

ARM = 0x41

USUAL_CAPACITY = {"A55": 397, "A76": 1024}
"""Where the kernel does not say: capacity-dmips-mhz of mainline's rk3588-base.dtsi at the highest clocks."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Cores of one kind that share a clock."""

    cpus: tuple[int, ...]
    core: str | None
    """Such as `A76`; None where the machine does not say."""
    capacity: int | None
    """Speed at the highest clock, 1024 for the fastest core of the machine; None unknown."""
    policy: int | None
    """Number of its cpufreq policy; None where the clock is not told."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How a cluster is clocked now; None: not told."""

    now_hz: int | None
    allowed_hz: int | None
    """Highest clock allowed now, by heat or by the user."""
    highest_hz: int | None
    """Highest clock of the hardware."""
    governor: str | None


def clusters() -> tuple[Cluster, ...]:
    """Return the machine's clusters, slowest first; cores of which no policy speaks form groups of their own.

    Empty where the machine tells of no core at all.
    """
    cores, policies = _cores(), _policies()
    groups: dict[tuple[object, ...], list[int]] = {}
    for cpu in _present(cores, policies):
        key = (policies.get(cpu), cores.get(cpu), _capacity(cpu, cores.get(cpu)))
        groups.setdefault(key, []).append(cpu)
    made = [
        Cluster(
            tuple(cpus), cores.get(cpus[0]), _capacity(cpus[0], cores.get(cpus[0])), policies.get(cpus[0])
        )
        for cpus in groups.values()
    ]
    return tuple(sorted(made, key=lambda one: (one.capacity or 0, one.cpus)))


def clock(cluster: Cluster) -> Clock:
    """Return the clocks of a cluster as they are now."""
    if cluster.policy is None:
        return Clock(None, None, None, None)
    folder = _folder(cluster.policy)
    return Clock(
        now_hz=_hz(f"{folder}/scaling_cur_freq"),
        allowed_hz=_hz(f"{folder}/scaling_max_freq"),
        highest_hz=_hz(f"{folder}/cpuinfo_max_freq"),
        governor=text(f"{folder}/scaling_governor"),
    )


def time_in_state(cluster: Cluster) -> Mapping[int, int]:
    """Return how long the cluster ran at each clock since boot, idle or not: hertz to ticks of 10 ms."""
    said = None if cluster.policy is None else text(f"{_folder(cluster.policy)}/stats/time_in_state")
    spent: dict[int, int] = {}
    for line in (said or "").splitlines():
        khz, _, ticks = line.partition(" ")
        if khz.isdecimal() and ticks.strip().isdecimal():
            spent[int(khz) * 1000] = int(ticks)
    return spent


def _folder(policy: int) -> str:
    return f"{CPU}/cpufreq/policy{policy}"


def _hz(path: str) -> int | None:
    khz = number(path)
    return khz * 1000 if khz is not None and khz > 0 else None


def _present(cores: Mapping[int, str], policies: Mapping[int, int]) -> list[int]:
    said = _cpu_list(text(f"{CPU}/online") or "")
    return sorted(said or {*cores, *policies})


def _cores() -> dict[int, str]:
    """Return the name of each core that /proc/cpuinfo describes as one of ARM's."""
    named: dict[int, str] = {}
    for paragraph in (text("/proc/cpuinfo") or "").split("\n\n"):
        fields = {
            name.strip(): value.strip()
            for name, _, value in (line.partition(":") for line in paragraph.splitlines())
        }
        try:
            cpu, part = int(fields["processor"]), int(fields["CPU part"], 16)
            maker = int(fields["CPU implementer"], 16)
        except (KeyError, ValueError):
            continue
        if maker == ARM and part in PARTS:
            named[cpu] = PARTS[part]
    return named


def _policies() -> dict[int, int]:
    """Return the cpufreq policy of each core that has one."""
    policies: dict[int, int] = {}
    for folder in found(f"{CPU}/cpufreq", "policy[0-9]*"):
        policy = int(folder.rpartition("policy")[2])
        for cpu in (text(f"{folder}/related_cpus") or "").split():
            if cpu.isdecimal():
                policies[int(cpu)] = policy
    return policies


def _capacity(cpu: int, core: str | None) -> int | None:
    said = number(f"{CPU}/cpu{cpu}/cpu_capacity")
    return said if said is not None else USUAL_CAPACITY.get(core or "")


def _cpu_list(said: str) -> set[int]:
    """Return the numbers of a list such as `0-3,6`; empty where it is none."""
    cpus: set[int] = set()
    for part in said.split(","):
        first, _, last = part.partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            return set()
        cpus.update(range(int(first), min(int(last or first), int(first) + 1023) + 1))
    return cpus
