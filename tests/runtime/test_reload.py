"""What a running ear takes of a new configuration; a sink that takes another's place costs no event."""

import json

import numpy as np
import pytest

from edged.config.load import load
from edged.config.schema import Config, Heads, Listen, Telemetry, Word
from edged.errors import SinkError
from edged.geometry import HOP
from edged.messages import Activation, Endpoint, Event, Gap, Listening, Stats
from edged.runtime.outlets import Outlets
from edged.runtime.pipeline import Pipeline
from tests.daemon import DEMO, models, write_config
from tests.runtime.test_ear import WAKE_HOP, Rig, planned, spoken

__all__ = ["models"]


class Gatherer:
    """A sink that keeps what it is told, slowly enough that something always waits."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.wants_scores = False
        self.told: list[int] = []
        self.closed = False

    def publish(self, event: Event) -> None:
        assert not self.closed
        self.told.append(event.sample)

    def close(self) -> None:
        self.closed = True


def heads(**rules: object) -> Heads:
    return Heads(word=(Word(name="computer"),), **rules)


def test_a_new_threshold_holds_from_the_next_hop_on():
    for threshold, heard in ((0.5, 1), (0.95, 0)):
        rig = Rig(planned(WAKE_HOP))
        pcm = spoken()
        rig.feed(pcm[: 5 * HOP])
        rig.ear.obey(Config(heads=heads(threshold=threshold)))
        rig.feed(pcm[5 * HOP :], start=5 * HOP)
        assert len(rig.of(Activation)) == heard


def test_what_was_heard_before_still_counts_for_a_new_patience():
    rig = Rig(planned(WAKE_HOP, WAKE_HOP + 1))
    pcm = spoken()
    rig.ear.obey(Config(heads=heads(patience=2, patience_window=2)))
    rig.feed(pcm[: WAKE_HOP * HOP])
    assert rig.of(Activation) == []
    rig.ear.obey(Config(heads=heads(patience=2, patience_window=8)))
    rig.feed(pcm[WAKE_HOP * HOP :], start=WAKE_HOP * HOP)
    assert len(rig.of(Activation)) == 1


def test_refractory_time_goes_on_across_a_new_configuration():
    rig = Rig(planned(WAKE_HOP, 80, hops=400))
    pcm = np.concatenate([spoken(), spoken()])
    rig.feed(pcm[: 70 * HOP])
    rig.ear.obey(Config(heads=heads(refractory_s=30.0)))
    rig.feed(pcm[70 * HOP :], start=70 * HOP)
    assert len(rig.of(Activation)) == 1


def test_an_open_command_ends_by_the_rules_it_began_with_and_the_next_by_the_new():
    rig = Rig(planned(WAKE_HOP, 80, hops=400), pre_roll_ms=0)
    pcm = np.concatenate([spoken(), spoken()])
    rig.feed(pcm[: (WAKE_HOP + 2) * HOP])
    assert len(rig.of(Listening)) == 1
    new = Listen(max_length_s=0.5, trailing_silence=0.3, min_speech_ms=96, pre_roll_ms=200)
    rig.ear.obey(Config(heads=heads(), listen=new))
    rig.feed(pcm[(WAKE_HOP + 2) * HOP :], start=(WAKE_HOP + 2) * HOP)
    assert rig.of(Endpoint) == [Endpoint("silence"), Endpoint("max_length")]
    first, second = zip(rig.of(Activation), rig.of(Listening), strict=True)
    assert first[0].end_sample - first[1].start_sample == 0
    assert second[0].end_sample - second[1].start_sample == 3200


def test_stats_come_as_often_as_the_new_configuration_asks():
    rig = Rig(planned(hops=60))
    pcm = spoken()
    rig.feed(pcm[: 20 * HOP])
    assert rig.of(Stats) == []
    rig.ear.obey(Config(heads=heads(), telemetry=Telemetry(stats_s=0.8)))
    rig.feed(pcm[20 * HOP :], start=20 * HOP)
    assert [stats.hops for stats in rig.of(Stats)] == [30, 40, 50, 60]


def test_a_sink_that_is_replaced_loses_no_event_and_keeps_their_order():
    old, new, other = Gatherer("jsonl"), Gatherer("jsonl"), Gatherer("console")
    outlets = Outlets([old, other], lossless=True, on_end=lambda worker: None)
    outlets.start()
    for sample in range(500):
        if sample == 250:
            outlets.replace("jsonl", new)
        outlets.emit("mic", None, sample, Gap(1, "test"))
    outlets.close()
    assert (old.told, new.told) == (list(range(250)), list(range(250, 500)))
    assert other.told == list(range(500))
    assert old.closed


def test_a_sink_can_come_and_go():
    first, second = Gatherer("jsonl"), Gatherer("jsonl")
    outlets = Outlets([], lossless=True, on_end=lambda worker: None)
    outlets.start()
    for sample, sink in enumerate((first, None, second)):
        outlets.replace("jsonl", sink)
        outlets.emit("mic", None, sample, Gap(1, "test"))
    outlets.close()
    assert (first.told, second.told) == ([0], [2])
    assert first.closed


@pytest.fixture
def heard(models, tmp_path):
    """A pipeline that has heard the demo to its end, and how to read another configuration for it."""

    def read(sink: str) -> Config:
        toml = f'[audio]\nsource = "wav:{DEMO}"\n[recognize]\nenabled = false\n[sinks.jsonl]\n{sink}\n'
        return load(write_config(tmp_path / "edged.toml", models, toml), environ={}).config

    pipeline = Pipeline(read(f'path = "{tmp_path / "a.jsonl"}"'), fast=True)
    try:
        pipeline.start()
        assert pipeline.done.wait(60)
        yield pipeline, read
    finally:
        pipeline.stop()


def names(file) -> list[str]:
    return [json.loads(line)["event"] for line in file.read_text().splitlines()]


def test_events_go_to_the_new_file_from_then_on(heard, tmp_path):
    pipeline, read = heard
    step = pipeline.obey(read(f'path = "{tmp_path / "b.jsonl"}"'))
    assert (step.now, step.later) == (("sinks.jsonl",), ())
    pipeline.stop()
    assert names(tmp_path / "a.jsonl") == ["ready", "activation", "listening", "endpoint"]
    assert names(tmp_path / "b.jsonl") == ["stats"]


def test_a_file_that_was_rotated_away_is_opened_anew(heard, tmp_path):
    pipeline, read = heard
    (tmp_path / "a.jsonl").rename(tmp_path / "a.jsonl.1")
    assert pipeline.obey(read(f'path = "{tmp_path / "a.jsonl"}"')).now == ()
    pipeline.stop()
    assert names(tmp_path / "a.jsonl") == ["stats"]


def test_a_file_that_cannot_be_opened_leaves_the_old_one(heard, tmp_path):
    pipeline, read = heard
    with pytest.raises(SinkError, match="No such file"):
        pipeline.obey(read(f'path = "{tmp_path / "no" / "b.jsonl"}"'))
    pipeline.stop()
    assert names(tmp_path / "a.jsonl")[-1] == "stats"


@pytest.mark.parametrize("before", [False, True])
def test_clips_are_switched_on_and_off_while_it_runs(models, tmp_path, before):
    def read(enabled: bool) -> Config:
        toml = f'[audio]\nsource = "wav:{DEMO}"\n[recognize]\nenabled = false\n'
        toml += f'[clips]\nenabled = {json.dumps(enabled)}\ndir = "{tmp_path / "clips"}"\n'
        return load(write_config(tmp_path / "edged.toml", models, toml), environ={}).config

    pipeline = Pipeline(read(before), fast=True)
    try:
        step = pipeline.obey(read(not before))
        assert (step.now, step.later) == (("clips",), ())
        pipeline.start()
        assert pipeline.done.wait(60)
    finally:
        pipeline.stop()
    kept = list((tmp_path / "clips").iterdir()) if (tmp_path / "clips").exists() else []
    assert len(kept) == (0 if before else 1)
