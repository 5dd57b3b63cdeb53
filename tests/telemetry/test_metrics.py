"""Prometheus reads back what was reported, in every state of the machine, and nothing that was not read."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edged.messages import Activation, Event, Fallback, Final, Gap, Metrics, Ran, Ready, Stats
from edged.runtime.ears import Ears
from edged.runtime.jobs.job import Counters
from edged.serve.admission import Admission
from edged.serve.numbers import numbers as front_ends
from edged.telemetry.counts import Counts
from edged.telemetry.memory import Process
from edged.telemetry.metrics import Report, exposition, numbers
from edged.telemetry.sample import Sampler
from edged.telemetry.totals import BOUNDS_S, StageTotals
from tests.machines import MACHINES
from tests.nasty import NASTY

ROOT = Path(__file__).parents[2]
RAN = Ran("cpu", "cpu")
BODIES = (
    Ready("1", ("alexa",), RAN, "selftest", ()),
    Activation("alexa", 0.9, (0.9,), 0.5, 0, RAN, 1.0),
    Gap(1280, "capture"),
    Gap(2560, "microphone"),
    Fallback("heads", "rknn", "cpu", "NaN"),
    Final("on", (), Metrics(2.0, 0.5, 0.25, "cpu", "cpu", latency_ms=300.0)),
    Stats(10, 0, {}, 0, 0, 0, 1, 0, level_dbfs=-42.5, stages_ms={}, cpu_s=1.0, backend=RAN),
)


class Box:
    name = "capture"
    dropped = 3

    def __len__(self) -> int:
        return 7


def full(**more) -> Report:
    counts = Counts()
    for body in BODIES:
        counts.tap(Event("mic", None, 0, "", body))
    buckets = (1, *([0] * (len(BOUNDS_S) - 1)), 2)
    totals = {("features", "cpu"): StageTotals(3, 6.0, {4: 1.5, 5: 0.5}, buckets)}
    return Report(
        counts.counted(), totals, late_hops=2, clipped=5, silent=6, muted=7, boxes=(Box(), Box()), **more
    )


def read(report: Report) -> dict[tuple, float]:
    families = text_string_to_metric_families(exposition(report).decode())
    return {(s.name, *sorted(s.labels.items())): s.value for family in families for s in family.samples}


def test_events_stages_and_mailboxes_are_read_back():
    found = read(full())
    assert found["edged_activations_total", ("head", "alexa")] == 1
    assert found["edged_gap_samples_total",] == 3840
    assert found["edged_xruns_total", ("where", "microphone")] == 1
    assert found["edged_fallbacks_total", ("from", "rknn"), ("stage", "heads"), ("to", "cpu")] == 1
    assert found["edged_degraded", ("stage", "heads")] == 1
    assert found["edged_degraded", ("stage", "features")] == 0
    assert found["edged_final_latency_seconds",] == 0.3
    assert found["edged_audio_level_dbfs",] == -42.5
    assert found["edged_hops_total",] == 3
    assert found["edged_late_hops_total",] == 2
    assert found["edged_clipped_samples_total",] == 5
    assert found["edged_silent_samples_total",] == 6
    assert found["edged_muted_samples_total",] == 7
    assert found["edged_rtf", ("stage", "recognize")] == 0.25
    assert found["edged_rtf", ("stage", "features")] == pytest.approx(6.0 / (3 * 0.08))
    assert found["edged_mailbox_depth", ("name", "capture")] == 14
    assert found["edged_mailbox_dropped_total", ("name", "capture")] == 6
    stage = (("provider", "cpu"), ("stage", "features"))
    assert found["edged_stage_cpu_seconds_total", *stage] == 2.0
    assert found["edged_stage_seconds_count", *stage] == 3
    assert found["edged_stage_seconds_sum", *stage] == 6.0
    assert found["edged_stage_seconds_bucket", ("le", "0.0005"), *stage] == 1
    assert found["edged_stage_seconds_bucket", ("le", "2.0"), *stage] == 1
    assert found["edged_stage_seconds_bucket", ("le", "+Inf"), *stage] == 3


def test_energy_names_its_source():
    found = read(full(joules={"features": 12.5}, drawn_joules=900.0, joules_per_hour=(36.0, "model")))
    assert found["edged_energy_joules_total", ("source", "model"), ("stage", "features")] == 12.5
    assert found["edged_energy_joules_total", ("source", "sensor"), ("stage", "board")] == 900.0
    assert found["edged_energy_joules_per_hour", ("source", "model")] == 36.0


@pytest.mark.parametrize(("board", "kernel"), MACHINES)
def test_a_board_is_read_back(on, board, kernel):
    on(board, kernel)
    found = read(full(sample=Sampler(pid=1).take(0.0)))
    assert found["edged_temperature_celsius", ("zone", "gpu-thermal")] == pytest.approx(39.769)
    assert found["edged_gpu_clock_hertz",] == 300e6
    assert found["edged_cpu_clock_hertz", ("core", "A76"), ("policy", "4")] > 0
    vendor = kernel != "ml618"
    assert (("edged_npu_load_ratio", ("core", "0")) in found) == vendor
    assert found["edged_npu_powered",] == 0
    power = {key: value for key, value in found.items() if key[0] == "edged_power_watts"}
    watts = {
        ("edged_power_watts", ("rail", "gpu"), ("source", "model")): pytest.approx(0.22 * 0.4077, abs=1e-3)
    }
    assert power == (watts if vendor else {})


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("kernel", ["v61", "ml618"])
def test_no_machine_makes_metrics_that_cannot_be_read(on, kernel, nasty):
    on("rock-5b", kernel, nasty)
    assert read(full(sample=Sampler(pid=1).take(0.0)))["edged_hops_total",] == 3


def test_memory_is_told_of_every_process_the_machine_and_the_gpu(on):
    on("rock-5b", "v61")
    seen = (Process("daemon", 90_000_000, 4), Process("recognizer", 40_000_000, 6))
    sample = replace(Sampler(pid=1).take(0.0), processes=(*seen, Process("recognizer", 1_000_000, None)))
    found = read(full(sample=sample, gpu_bytes=2_500_000))
    assert {key[1:]: value for key, value in found.items() if key[0] == "edged_memory_resident_bytes"} == {
        (("process", "daemon"),): 90e6,
        (("process", "recognizer"),): 41e6,
    }
    assert found["edged_memory_available_bytes",] == 7_000_000 * 1024
    assert found["edged_gpu_memory_bytes",] == 2.5e6
    assert ("edged_gpu_memory_bytes",) not in read(full(sample=sample)), "claimed where no stage runs there"


def test_before_anything_happened_nothing_is_claimed():
    found = read(Report(Counts().counted(), {}))
    assert {name for name, *_ in found if not name.endswith("_total")} == {"edged_info"}
    assert "edged_hops_total" not in {name for name, *_ in found}


class Jobs:
    """A pool that did nothing."""

    def counters(self) -> Counters:
        return Counters(*[0] * 9, audio_s=0.0, busy_s=0.0)


def test_every_metric_is_explained_in_the_docs(on):
    on("rock-5b", "v61")
    named = {number.name for number in numbers(full(sample=Sampler(pid=1).take(0.0), gpu_bytes=1))} | {
        "edged_stage_seconds"
    }
    none = Admission("connections", 1, 1)
    named |= {number.name for number in front_ends(none, none, Ears(lambda worker: None), Jobs(), (0.1,))}
    page = (ROOT / "docs" / "telemetry.md").read_text()
    explained = {name.removesuffix("_total") for name in re.findall(r"`(edged_[a-z_]+)", page)}
    assert explained == named
