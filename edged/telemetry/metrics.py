"""Everything that is known of a run, in Prometheus' text form.

prometheus-client takes some megabytes; it is imported where somebody asked for metrics, and nowhere else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from edged import __version__
from edged.geometry import HOP_SECONDS
from edged.telemetry.accelerators import Accelerator
from edged.telemetry.counts import Counted
from edged.telemetry.memory import resident_by_role
from edged.telemetry.sample import Sample
from edged.telemetry.totals import BOUNDS_S, Totals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labelled = Mapping[tuple[str, ...], float]


class Box(Protocol):
    """A bounded queue as the metrics see it."""

    name: str
    dropped: int

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Report:
    """What is shown at one time."""

    counted: Counted
    totals: Totals
    late_hops: int | None = None
    """Hops whose path took longer than a hop lasts."""
    clipped: int | None = None
    """Samples at the ends of the scale."""
    silent: int | None = None
    """Samples in frames of nothing but zeros."""
    muted: int | None = None
    """Samples that came while it was muted."""
    boxes: Iterable[Box] = ()
    sample: Sample | None = None
    joules: Mapping[str, float] = field(default_factory=dict[str, float])
    """Stage to joules, by the model."""
    drawn_joules: float | None = None
    """What the board drew, by a sensor."""
    joules_per_hour: tuple[float, str] | None = None
    """Of listening, and its source."""
    gpu_bytes: int | None = None
    """What edged holds on the GPU."""
    others: "Iterable[Number]" = ()
    """Of parts that the path knows nothing of."""


@dataclass(frozen=True, slots=True)
class Number:
    """One metric: a name, what it is, and a value for each set of labels; none where nothing is known."""

    name: str
    help: str
    labels: tuple[str, ...]
    values: Labelled
    counts: bool = False
    """True: it only grows, and its name gets the suffix `_total`."""


def numbers(report: Report) -> Iterator[Number]:
    """Yield every metric but the histogram."""
    yield Number("edged_info", "Version of edged.", ("version",), {(__version__,): 1})
    yield from _of_events(report.counted)
    yield from _of_stages(report)
    yield from _of_energy(report)
    yield _one("edged_gpu_memory_bytes", "Memory that edged holds on the GPU.", report.gpu_bytes)
    if report.sample is not None:
        yield from _of_machine(report.sample)
    yield from report.others


def exposition(report: Report) -> bytes:
    """Return the text that Prometheus reads. Metrics of which nothing is known are left out."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

    class Families:
        """The report as prometheus-client wants it."""

        def collect(self) -> Iterator[Metric]:
            for number in numbers(report):
                family = CounterMetricFamily if number.counts else GaugeMetricFamily
                made = family(number.name, number.help, labels=number.labels)
                for labels, value in number.values.items():
                    made.add_metric(labels, value)
                if number.values:
                    yield made
            what = "Wall time of a stage per hop of 80 ms."
            histogram = HistogramMetricFamily("edged_stage_seconds", what, labels=("stage", "provider"))
            for labels, total in report.totals.items():
                bounds = [*map(str, BOUNDS_S), "+Inf"]
                sums = [sum(total.buckets[: i + 1]) for i in range(len(bounds))]
                histogram.add_metric(labels, list(zip(bounds, sums, strict=True)), total.wall_s)
            if report.totals:
                yield histogram

    registry = CollectorRegistry()
    registry.register(Families())
    return generate_latest(registry)


def _of_events(counted: Counted) -> Iterator[Number]:
    def count(
        name: str, what: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], int] | int
    ) -> Number:
        return Number(name, what, labels, {(): values} if isinstance(values, int) else values, counts=True)

    moves = ("stage", "from", "to")
    yield count("edged_activations", "Wake words heard.", ("head",), counted.activations)
    yield count(
        "edged_suppressed",
        "Scores over the threshold that made no activation.",
        ("head", "reason"),
        counted.suppressed,
    )
    yield count("edged_endpoints", "Commands that ended, by the reason.", ("reason",), counted.endpoints)
    yield count("edged_finals", "Commands that got their text.", (), counted.finals)
    yield count("edged_lost", "Commands that got no text.", (), counted.lost)
    yield count("edged_restarts", "Parts started again.", ("stage",), counted.restarts)
    yield count("edged_fallbacks", "Moves to a later link of the chain.", moves, counted.fallbacks)
    yield count("edged_recoveries", "Moves back to an earlier link.", moves, counted.recoveries)
    yield count("edged_xruns", "Losses of sound.", ("where",), counted.xruns)
    yield count("edged_gap_samples", "Samples of sound lost.", (), counted.gap_samples)
    yield count("edged_microphone_lost", "Times the microphone went away.", (), counted.microphone_lost)
    present = {} if counted.microphone_present is None else {(): float(counted.microphone_present)}
    yield Number(
        "edged_microphone_present", "0 after the microphone went, 1 after it came back.", (), present
    )
    degraded = {(stage,): float(value) for stage, value in counted.degraded.items()}
    yield Number("edged_degraded", "1: not on the preferred provider.", ("stage",), degraded)
    latency = counted.final_latency_ms
    yield _one(
        "edged_final_latency_seconds",
        "From the end of the newest command to its text.",
        latency / 1e3 if latency is not None else None,
    )
    yield _one("edged_audio_level_dbfs", "Level of the newest second at the last stats.", counted.level_dbfs)


def _of_stages(report: Report) -> Iterator[Number]:
    stages = ("stage", "provider")
    hops = max((_sum_of(report.totals, stage) for stage, _ in report.totals), default=0)
    heard: Labelled = {(): hops} if report.totals else {}
    yield Number("edged_hops", "Hops of 80 ms that were heard and scored.", (), heard, counts=True)
    for name, what, count in (
        ("edged_late_hops", "Hops whose path took longer than a hop lasts.", report.late_hops),
        ("edged_clipped_samples", "Samples at the ends of the scale.", report.clipped),
        ("edged_silent_samples", "Samples in frames of nothing but zeros.", report.silent),
        ("edged_muted_samples", "Samples that came while it was muted, and were not heard.", report.muted),
    ):
        yield Number(name, what, (), {} if count is None else {(): count}, counts=True)
    cpu_s = {key: sum(total.cpu_s.values()) for key, total in report.totals.items()}
    yield Number("edged_stage_cpu_seconds", "Processor time of a stage.", stages, cpu_s, counts=True)
    rtf: dict[tuple[str, ...], float] = {
        (stage,): sum(t.wall_s for (s, _), t in report.totals.items() if s == stage)
        / (_sum_of(report.totals, stage) * HOP_SECONDS)
        for stage, _ in report.totals
    }
    if report.counted.rtf is not None:
        rtf["recognize",] = report.counted.rtf
    what = "Processing time per time of sound, of all hops; of the recognizer, of the newest command."
    yield Number("edged_rtf", what, ("stage",), rtf)
    depth: dict[tuple[str, ...], float] = {}
    dropped: dict[tuple[str, ...], float] = {}
    for box in report.boxes:
        depth[box.name,] = depth.get((box.name,), 0) + len(box)
        dropped[box.name,] = dropped.get((box.name,), 0) + box.dropped
    yield Number("edged_mailbox_depth", "Items that wait in a mailbox.", ("name",), depth)
    yield Number("edged_mailbox_dropped", "Items lost: a reader was late.", ("name",), dropped, counts=True)


def _of_energy(report: Report) -> Iterator[Number]:
    joules: dict[tuple[str, ...], float] = {(stage, "model"): j for stage, j in report.joules.items()}
    if report.drawn_joules is not None:
        joules["board", "sensor"] = report.drawn_joules
    what = "Energy. model: an estimate of a stage's cores; sensor: the whole board."
    yield Number("edged_energy_joules", what, ("stage", "source"), joules, counts=True)
    per_hour: Labelled = {}
    if report.joules_per_hour is not None:
        value, source = report.joules_per_hour
        per_hour = {(source,): value}
    yield Number("edged_energy_joules_per_hour", "Energy per hour of listening.", ("source",), per_hour)


def _of_machine(sample: Sample) -> Iterator[Number]:
    cpu = ("policy", "core")
    named = [((str(n.cluster.policy), n.cluster.core or "unknown"), n.clock) for n in sample.clusters]
    now = {key: float(clock.now_hz) for key, clock in named if clock.now_hz is not None}
    allowed = {key: float(clock.allowed_hz) for key, clock in named if clock.allowed_hz is not None}
    yield Number("edged_cpu_clock_hertz", "Clock of a cluster of cores.", cpu, now)
    yield Number("edged_cpu_clock_allowed_hertz", "Highest clock allowed now.", cpu, allowed)
    yield from _accelerator("gpu", "the GPU", sample.gpu)
    yield from _accelerator("dmc", "the memory", sample.memory_controller)
    if sample.npu is not None:
        yield _one("edged_npu_clock_hertz", "Clock of the NPU where it is on.", sample.npu.clock_hz)
        loads = {(str(i),): load for i, load in enumerate(sample.npu.loads) if load is not None}
        yield Number("edged_npu_load_ratio", "Load of an NPU core.", ("core",), loads)
        yield _one("edged_npu_powered", "1: the NPU is switched on.", sample.npu.powered)
    zones = {(zone,): celsius for zone, celsius in sample.zones.items()}
    yield Number("edged_temperature_celsius", "Temperature of a zone of the chip.", ("zone",), zones)
    held = {(clock,): share for clock, share in (sample.held_down or {}).items()}
    yield Number("edged_held_down_ratio", "How far heat holds a clock down.", ("cooling",), held)
    memory = {(role,): size for role, size in resident_by_role(sample.processes).items()}
    yield Number("edged_memory_resident_bytes", "Resident memory of edged.", ("process",), memory)
    yield _one("edged_memory_available_bytes", "Memory the machine has left.", sample.available_bytes)
    watts: dict[tuple[str, ...], float] = {}
    if sample.sensor_watts is not None:
        watts["board", "sensor"] = sample.sensor_watts
    if sample.gpu_watts is not None:
        watts["gpu", "model"] = sample.gpu_watts
    what = "Power. sensor: the whole board; model: an estimate of the GPU's work, whoever causes it."
    yield Number("edged_power_watts", what, ("rail", "source"), watts)
    yield _one("edged_input_volts", "Voltage at the board's input.", sample.input_volts)


def _accelerator(name: str, what: str, read: Accelerator | None) -> Iterator[Number]:
    if read is not None:
        yield _one(f"edged_{name}_clock_hertz", f"Clock of {what}.", read.clock_hz)
        yield _one(f"edged_{name}_load_ratio", f"Load of {what}.", read.load)


def _one(name: str, what: str, value: float | None) -> Number:
    return Number(name, what, (), {} if value is None else {(): float(value)})


def _sum_of(totals: Totals, stage: str) -> int:
    return sum(total.hops for (name, _), total in totals.items() if name == stage)
