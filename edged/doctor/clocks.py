"""Clocks, heat, which cores edged uses, and what goes first on them."""

from collections.abc import Iterator

from edged.doctor.case import Case
from edged.doctor.finding import Finding
from edged.errors import ConfigError
from edged.runtime.inlet import is_live
from edged.runtime.placement import in_words, placement
from edged.runtime.realtime import CAPTURE, priorities
from edged.runtime.report import Report, files, is_alive, read
from edged.telemetry.clusters import Clock, Cluster, clock, clusters
from edged.telemetry.thermal import zones
from edged.telemetry.throttling import held_down

NAME = "clocks"

HOT_C = 85.0
"""Where mainline's rk3588-base.dtsi begins to hold clocks down (passive trip point)."""

REAL_TIME = (
    f"LimitRTPRIO={CAPTURE} in its unit, or `ulimit -r {CAPTURE}`; no CPUWeight= and no CPUQuota= for it"
)

COOL = "give the board a heat sink or a fan, or air around it"


def check(case: Case) -> Iterator[Finding]:
    """Say how the cores are clocked, how hot it is, and whether heat holds a clock down."""
    found = clusters()
    for cluster in found:
        yield _clock(cluster, clock(cluster))
    if not found:
        yield Finding(NAME, "good", "this machine tells no clocks")
    yield from _heat()
    chosen = placement(case.config)
    where = chosen.in_words if chosen else _unplaced(case, len({each.capacity for each in found}))
    yield Finding(NAME, "good", where)
    yield from _urgency(case)


def _clock(cluster: Cluster, clocks: Clock) -> Finding:
    cores = f"{cluster.core or 'cores'} {in_words(frozenset(cluster.cpus))}"
    if clocks.now_hz is None or clocks.highest_hz is None:
        return Finding(NAME, "good", f"{cores}: clock not told")
    now, highest = clocks.now_hz // 1_000_000, clocks.highest_hz // 1_000_000
    what = f"{cores}: {now} of {highest} MHz, governor {clocks.governor or 'not told'}"
    if clocks.governor == "powersave":
        file = f"/sys/devices/system/cpu/cpufreq/policy{cluster.policy}/scaling_governor"
        remedy = f"echo schedutil | sudo tee {file}"
        return Finding(NAME, "degraded", f"{what}: always the lowest clock", remedy)
    return Finding(NAME, "good", what)


def _heat() -> Iterator[Finding]:
    temperatures = zones()
    if temperatures:
        hottest = max(temperatures, key=lambda zone: temperatures[zone])
        what = f"hottest: {hottest} {temperatures[hottest]:.0f} °C"
        hot = temperatures[hottest] >= HOT_C
        yield Finding(NAME, "degraded" if hot else "good", what, COOL if hot else None)
    for device, share in (held_down() or {}).items():
        if share > 0:
            yield Finding(NAME, "degraded", f"heat holds {device} down, by {share:.0%} of what it can", COOL)


def _urgency(case: Case) -> Iterator[Finding]:
    """Say what the daemon that runs got; without one there is nothing to see."""
    told = next((said for file in files() if isinstance(said := read(file), Report) and is_alive(said)), None)
    try:
        live = is_live(case.config.audio.source)
    except ConfigError:  # `audio` here tells
        return
    if told is None or not live:
        return
    if case.config.service.realtime == "off":
        yield Finding(NAME, "good", "sound waits its turn among other programs: realtime is off")
    elif priorities(told.pid):
        yield Finding(NAME, "good", "sound goes before all other programs: real-time priority")
    else:
        what = "the system refused edged real-time priority: sound may be late while others compute"
        yield Finding(NAME, "degraded", what, REAL_TIME)


def _unplaced(case: Case, kinds: int) -> str:
    if case.config.service.placement == "off":
        return "threads run where the scheduler puts them: placement is off"
    return f"threads run where the scheduler puts them: {'no two kinds' if kinds < 2 else 'too few'} of cores"
