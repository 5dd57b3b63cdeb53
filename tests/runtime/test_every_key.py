"""Keys that only the wiring obeys: each changes what a run does, from the file to the events."""

import contextlib
import json
import math
import os
import re
import shutil
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from edged.backends.opencl.designs import Choice
from edged.backends.opencl.features import OpenClFeatures
from edged.backends.opencl.opening import open_features
from edged.backends.openers import OPENERS, FeatureModels, Opener, Openers
from edged.config.load import load
from edged.config.schema import Config
from edged.errors import ConfigError, EdgedError, ModelError, ProviderUnavailable
from edged.geometry import SAMPLE_RATE
from edged.runtime.kit import open_kit
from edged.runtime.pipeline import Pipeline
from tests import pocl
from tests.assets import asset
from tests.daemon import DEMO, ONE_FILE_MODELS, ROOT, TEXT, install, models, write_config
from tests.machines import put
from tests.sounds import noise

__all__ = ["models"]

WAKE_ONLY = "[recognize]\nenabled = false\n"


@contextlib.contextmanager
def pipeline_of(config: Config) -> Iterator[Pipeline]:
    """A pipeline, opened, and stopped at the end; nothing in it may have broken."""
    pipeline = Pipeline(config, fast=True)
    try:
        yield pipeline
    finally:
        pipeline.stop()
    assert pipeline.failure is None


class Desk:
    """Where a test writes a configuration, lets edged hear with it, and reads the events."""

    def __init__(self, models: Path, folder: Path) -> None:
        self.models = models
        self.events = folder / "events.jsonl"
        self._file = folder / "edged.toml"

    def config(self, toml: str) -> Config:
        """Read a configuration that finds the models, as `edged run -c FILE` does."""
        return load(write_config(self._file, self.models, toml), environ={}).config

    def hear(self, toml: str, source: str = f"wav:{DEMO}", scores: bool = False) -> list[dict]:
        """Hear a recording to its end and return every event of it."""
        self.events.unlink(missing_ok=True)
        sink = f'[sinks.jsonl]\npath = "{self.events}"\nscores = {json.dumps(scores)}\n'
        with pipeline_of(self.config(f'[audio]\nsource = "{source}"\n{sink}{toml}')) as pipeline:
            pipeline.start()
            assert pipeline.done.wait(60)
        return [json.loads(line) for line in self.events.read_text().splitlines()]

    @contextlib.contextmanager
    def recognizer(self, toml: str) -> Iterator[int]:
        """The process id of the recognizer that a configuration starts."""
        before = children()
        with pipeline_of(self.config(f'[audio]\nsource = "wav:{DEMO}"\n{toml}')):
            (child,) = children() - before
            yield child

    def refuses(self, toml: str, error: type[EdgedError], sentence: str) -> None:
        with pytest.raises(error, match=sentence):
            open_kit(self.config(toml))


@pytest.fixture
def desk(models, tmp_path) -> Desk:
    return Desk(models, tmp_path)


@pytest.fixture
def own(models, tmp_path) -> Desk:
    """A desk with a models folder of its own: a test may add to it."""
    folder = tmp_path / "models"
    folder.mkdir()
    for home in models.iterdir():
        (folder / home.name).symlink_to(home)
    return Desk(folder, tmp_path)


def children() -> set[int]:
    """Processes that this one started."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError):  # a thread that ended meanwhile
            found.update(int(child) for child in (task / "children").read_text().split())
    return found


def of(events: list[dict], name: str) -> list[dict]:
    return [event for event in events if event["event"] == name]


def curve(events: list[dict], word: str) -> list[float]:
    return [event["scores"][word] for event in of(events, "scores")]


def test_the_source_of_the_file_is_heard(desk, tmp_path):
    soundfile.write(tmp_path / "short.wav", noise(1, 12), SAMPLE_RATE)
    summary = desk.hear(WAKE_ONLY, source=f"wav:{tmp_path / 'short.wav'}")[-1]
    assert (summary["stream"], summary["hops"]) == ("wav", 12)


def named_is_that_or_an_error(desk: Desk, table: str, absent: str) -> None:
    sentence = rf'^{absent}: \[{table}\].*fallback = \["cpu"\]'
    desk.refuses(f'{WAKE_ONLY}[{table}]\nbackend = "{absent}"\n', ProviderUnavailable, sentence)
    kit = open_kit(desk.config(f'{WAKE_ONLY}[{table}]\nbackend = "cpu"\n'))
    kit.close()
    assert getattr(kit.scorers.ran, table) == "cpu"
    assert [event.NAME for event in kit.opening()] == ["ready"]


def test_a_named_features_backend_is_that_or_an_error(desk):
    named_is_that_or_an_error(desk, "features", "opencl")


def test_a_named_heads_backend_is_that_or_an_error(desk):
    named_is_that_or_an_error(desk, "heads", "rknn")


def test_the_gpu_is_opened_as_asked(desk, tmp_path, monkeypatch):
    gpu = pocl.device()
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path))
    opened: list[OpenClFeatures] = []

    def open_(models: FeatureModels) -> OpenClFeatures:
        opened.append(open_features(models, Choice("single", 4, "cpu")))
        return opened[-1]

    table = Openers({**OPENERS.features, "opencl": Opener(open_)}, OPENERS.heads)
    asked = f'{WAKE_ONLY}[features]\nbackend = "opencl"\ndevice = "PoCL"\nprecision = "fp16"\n'
    kit = open_kit(desk.config(f"{asked}mem_limit_mb = 3\n"), table)
    kit.close()
    (found,) = [each.stats() for each in opened]
    assert (found.device, found.precision) == (gpu.name.strip(), "fp16")
    assert opened[0]._memory.limit == 3_000_000
    with pytest.raises(ProviderUnavailable, match=r"than features\.mem_limit_mb = 1; say backend"):
        open_kit(desk.config(f"{asked}mem_limit_mb = 1\n".replace("fp16", "fp32")), table)


@pytest.mark.parametrize(("text", "threads"), [("", 1), ("[features]\nthreads = 3\n", 3)])
def test_the_embedding_gets_as_many_threads_as_asked(desk, text, threads):
    opened: list[Any] = []

    def open_(models: FeatureModels) -> Any:
        opened.append(OPENERS.features["cpu"].open(models))
        return opened[-1]

    kit = open_kit(desk.config(f"{WAKE_ONLY}{text}"), Openers({"cpu": Opener(open_)}, OPENERS.heads))
    options = opened[0]._session.get_session_options()
    kit.close()
    assert options.intra_op_num_threads == threads
    assert str(options.execution_mode) == "ExecutionMode.ORT_SEQUENTIAL"


def written_fallback_is_taken(desk: Desk, table: str, asked: str, why: str) -> None:
    told = desk.hear(f'{WAKE_ONLY}[{table}]\nbackend = "{asked}"\nfallback = ["cpu"]\n')
    assert [event["event"] for event in told[:2]] == ["ready", "fallback"]
    assert told[0]["backend"] == {"features": "cpu", "heads": "cpu"}
    (fallback,) = of(told, "fallback")
    assert (fallback["stage"], fallback["from"], fallback["to"]) == (table, asked, "cpu")
    assert why in fallback["reason"]
    assert len(of(told, "activation")) == 1


def test_a_written_features_fallback_is_taken(desk):
    written_fallback_is_taken(desk, "features", "opencl", "no OpenCL driver is installed")


def test_a_written_heads_fallback_is_taken(desk):
    lacks = "no compiled graph holds hey_jarvis: edged models convert makes one"
    written_fallback_is_taken(desk, "heads", "rknn", lacks)


def install_as(folder: Path, name: str, kind: str, file_of: str) -> None:
    """Install a file of the test data under a name and a kind of the test's choice."""
    home = install(folder / "made", file_of).rename(folder / name)
    sheet = home / "model.toml"
    said = sheet.read_text().replace(f'name = "{file_of}"', f'name = "{name}"')
    sheet.write_text(said.replace(f'kind = "{ONE_FILE_MODELS[file_of][0]}"', f'kind = "{kind}"'))


def named_model_is_opened(own: Desk, table: str, kind: str, good: str, bad: str, key: str = "") -> None:
    """Shown by a good file under another name, which serves, and by a bad one, which is refused."""
    for name, file_of in (("mine", good), ("twisted", bad)):
        install_as(own.models, f"{name}_{kind}", kind, file_of)
    key = key or kind
    told = own.hear(f'{WAKE_ONLY}[{table}]\n{key} = "mine_{kind}"\n')
    used = {model["kind"]: model["name"] for model in told[0]["models"]}
    assert used[kind] == f"mine_{kind}"
    assert len(of(told, "activation")) == 1
    own.refuses(f'{WAKE_ONLY}[{table}]\n{key} = "twisted_{kind}"\n', EdgedError, file_of_refused(bad))


def file_of_refused(name: str) -> str:
    return Path(ONE_FILE_MODELS[name][1]).name


def test_the_named_feature_models_are_opened(own):
    named_model_is_opened(own, "features", "melspectrogram", "melspectrogram", "embedding")
    named_model_is_opened(own, "features", "embedding", "embedding", "melspectrogram")


def test_the_named_vad_is_opened(own):
    named_model_is_opened(own, "listen", "vad", "silero_vad", "embedding")


def test_the_model_of_a_word_is_opened(desk):
    path = asset(ONE_FILE_MODELS["hey_jarvis"][1])
    asked = {"by_name": "hey_jarvis", "by_path": path, "another": "alexa"}
    words = "".join(f'[[heads.word]]\nname = "{name}"\nmodel = "{model}"\n' for name, model in asked.items())
    told = desk.hear(WAKE_ONLY + words, scores=True)
    assert max(curve(told, "by_name")) > 0.9
    assert curve(told, "by_path") == curve(told, "by_name")
    assert max(curve(told, "another")) < 0.5
    desk.refuses('[[heads.word]]\nname = "hey_jarvis"\nmodel = "hey_nobody"\n', ModelError, "hey_nobody")


def test_the_output_of_a_head_with_several_is_listened_to(desk):
    outputs = ("1_minute_timer", "5_minute_timer")
    words = "".join(f'[[heads.word]]\nname = "{o}"\nmodel = "timer"\noutput = "{o}"\n' for o in outputs)
    kit = open_kit(desk.config(WAKE_ONLY + words))
    kit.close()
    columns = {wake.rule.word: kit.scorers.heads.columns[wake.column] for wake in kit.wakes}
    assert columns == {output: f"timer.{output}" for output in outputs}


def test_without_a_recognizer_wake_words_are_still_heard(desk):
    told = desk.hear(WAKE_ONLY)
    assert [e["event"] for e in told] == ["ready", "activation", "listening", "endpoint", "stats"]
    assert told[0]["recognizer"] is None
    before = children()
    with pipeline_of(desk.config(f'[audio]\nsource = "wav:{DEMO}"\n{WAKE_ONLY}')):
        assert children() == before


def test_after_the_demo_listening_opens_again_and_ends_in_silence(desk):
    told = desk.hear("[listen]\nfollow_up_s = 0.5\n")
    again = [event for event in told if event["utterance"] == 2]
    assert [event["event"] for event in again] == ["listening", "endpoint", "cancelled"]
    assert [event["text"] for event in of(told, "final")] == [TEXT]
    assert [event["cause"] for event in of(told, "listening")] == ["wake", "follow_up"]


def test_the_demo_is_void_where_its_text_is_a_stop_word(desk):
    told = desk.hear(f'[listen]\nstop_words = ["{TEXT.title()}!"]\nfollow_up_s = 2.0\n')
    assert of(told, "final") == []
    assert [event["text"] for event in of(told, "cancelled")] == [TEXT]
    assert len(of(told, "listening")) == 1


def test_the_named_recognizer_is_opened(own):
    home = Path(shutil.copytree(ROOT / "models" / "selftest", own.models / "mine"))
    sheet = (home / "model.toml").read_text()
    (home / "model.toml").write_text(
        sheet.replace('name = "selftest"', 'name = "mine"').replace("self_test = true", "self_test = false")
    )
    told = own.hear('[recognize]\nmodel = "mine"\n')
    assert told[0]["recognizer"] == "mine"
    assert (told[0]["models"][-1]["name"], told[0]["models"][-1]["note"]) == ("mine", None)
    assert [final["text"] for final in of(told, "final")] == [TEXT]


def test_the_recognizer_decodes_as_asked(desk):
    for mode, partials in (("auto", True), ("streaming", True), ("offline", False)):
        told = desk.hear(f'[recognize]\nmode = "{mode}"\n')
        assert bool(of(told, "partial")) is partials, mode
        assert [final["text"] for final in of(told, "final")] == [TEXT], mode


def test_the_recognizer_has_the_threads_asked_for(desk):
    def threads(asked: int) -> int:
        with desk.recognizer(f"[recognize]\nthreads = {asked}\n") as child:
            return len(list(Path(f"/proc/{child}/task").iterdir()))

    more = threads(8) - threads(1)
    assert abs(more - 7) <= 1, more  # the beat's own thread may start just before or after the count


def test_the_recognizer_is_as_nice_as_asked(desk):
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    with desk.recognizer("[recognize]\nnice = 7\n") as child:
        assert os.getpriority(os.PRIO_PROCESS, child) == min(19, mine + 7)


def test_a_recognizer_larger_than_its_memory_is_refused(desk, monkeypatch):
    monkeypatch.setenv("EDGED_SYSROOT", "/")
    toml = f'[audio]\nsource = "wav:{DEMO}"\n[recognize]\nmemory_mb = 30\n'
    with pytest.raises(ModelError, match=r"selftest: .* more than memory_mb = 30"):
        Pipeline(desk.config(toml), fast=True)


def test_the_path_may_be_silent_for_as_long_as_asked_and_a_recording_played_fast_for_ever(desk, tmp_path):
    toml = f'[audio]\nsource = "wav:{DEMO}"\n{WAKE_ONLY}[sinks.jsonl]\npath = "{tmp_path / "e"}"\n'

    def deadlines(toml: str, fast: bool) -> dict[str, tuple[float, bool]]:
        pipeline = Pipeline(desk.config(toml), fast=fast)
        pipeline.stop()
        return {worker.name: (worker.deadline_s, worker.vital) for worker in pipeline.workers}

    usual = {"capture": (math.inf, True), "path": (5.0, True), "telemetry": (30.0, False)}
    usual |= {"sink-jsonl": (10.0, False), "sink-log": (10.0, False), "clips": (60.0, False)}
    assert deadlines(toml, fast=False) == usual
    assert deadlines(f"{toml}[service]\nstall_s = 7.5\n", fast=False) == usual | {"path": (7.5, True)}
    assert deadlines(toml, fast=True) == usual | {"path": (math.inf, True)}


def test_events_are_appended_to_the_file(desk, tmp_path):
    file = tmp_path / "kept.jsonl"
    file.write_text("what was there\n")
    toml = f'[audio]\nsource = "wav:{DEMO}"\n[sinks.jsonl]\npath = "{file}"\n{WAKE_ONLY}'
    with pipeline_of(desk.config(toml)) as pipeline:
        pipeline.start()
        assert pipeline.done.wait(60)
    first, *lines = file.read_text().splitlines()
    assert first == "what was there"
    assert json.loads(lines[-1])["event"] == "stats"


def test_scores_are_sent_when_asked_for(desk):
    told = desk.hear(WAKE_ONLY, scores=True)
    assert len(of(told, "scores")) == told[-1]["hops"] > 0
    assert of(desk.hear(WAKE_ONLY, scores=False), "scores") == []


def test_stats_come_as_often_as_asked(desk):
    stats = of(desk.hear(f"{WAKE_ONLY}[telemetry]\nstats_s = 1.6\n"), "stats")
    hops = [event["hops"] for event in stats]
    assert hops == [*range(20, hops[-1], 20), hops[-1]]
    assert len(hops) == 6


def test_metrics_are_served_while_it_hears(desk):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    toml = f'[audio]\nsource = "wav:{DEMO}"\n[telemetry]\nmetrics = "127.0.0.1:{port}"\n{WAKE_ONLY}'
    with pipeline_of(desk.config(toml)) as pipeline:
        pipeline.start()
        assert pipeline.done.wait(60)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            told = answer.read().decode()
    assert 'edged_activations_total{head="hey_jarvis"} 1.0\n' in told
    assert 'edged_stage_seconds_bucket{le="+Inf",provider="cpu",stage="heads"}' in told
    assert 'edged_mailbox_dropped_total{name="capture"} 0.0\n' in told


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("0.0.0.0:9109", "would be open to the network without a password; use 127.0.0.1:9109"),
        ("9109", "must be HOST:PORT, e.g. 127.0.0.1:9109"),
    ],
)
def test_metrics_for_the_network_are_refused(desk, said, what):
    desk.refuses(f'[telemetry]\nmetrics = "{said}"\n', ConfigError, re.escape(what))


def test_metrics_are_left_in_a_file(desk, tmp_path):
    file = tmp_path / "edged.prom"
    desk.hear(f'{WAKE_ONLY}[telemetry]\nmetrics_file = "{file}"\n')
    assert 'edged_activations_total{head="hey_jarvis"} 1.0\n' in file.read_text()


def test_a_command_costs_what_the_named_sensor_says(desk, tmp_path, monkeypatch):
    """A board that always draws 5 W: the joules are five times the seconds of the command."""
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path / "machine"))
    put(tmp_path / "machine", "/sys/mine/power1_input", "5000000\n")
    told = desk.hear('[telemetry]\npower_sensor = "/sys/mine/power1_input"\n')
    (final,) = of(told, "final")
    assert final["metrics"]["energy_source"] == "sensor"
    assert 0 < final["metrics"]["energy_j"] < 5 * 60
    (final,) = of(desk.hear(""), "final")
    assert final["metrics"]["energy_source"] is None


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one CPU: nothing can be placed")
def test_the_recognizer_runs_on_the_cores_that_are_fast_and_nothing_else_does(desk, tmp_path, monkeypatch):
    fast = max(os.sched_getaffinity(0))
    for cpu in os.sched_getaffinity(0):
        put(tmp_path, f"/sys/devices/system/cpu/cpu{cpu}/cpu_capacity", "1024" if cpu == fast else "400")
    put(tmp_path, "/sys/devices/system/cpu/online", ",".join(map(str, sorted(os.sched_getaffinity(0)))))
    monkeypatch.setenv("EDGED_SYSROOT", str(tmp_path))
    before = os.sched_getaffinity(0)
    for placement, cpus in (("auto", {fast}), ("off", before)):
        with desk.recognizer(f'[service]\nplacement = "{placement}"\n') as child:
            assert os.sched_getaffinity(child) == cpus
    assert os.sched_getaffinity(0) == before


def test_clips_are_kept_in_the_named_folder(desk, tmp_path):
    folder = tmp_path / "kept"
    events = desk.hear(f'{WAKE_ONLY}[clips]\nenabled = true\ndir = "{folder}"\n')
    (wake,) = of(events, "activation")
    assert [home.name for home in folder.iterdir()] == [wake["clip"]]
    assert {file.name for file in (folder / wake["clip"]).iterdir()} == {"clip.json", "sound.flac"}


def test_a_disk_that_takes_no_clip_changes_nothing_that_is_heard(desk, tmp_path):
    (tmp_path / "file").write_text("no folder")

    def heard(clips: str) -> list[tuple]:
        events = desk.hear(f"{WAKE_ONLY}{clips}", scores=True)
        return [(each["event"], each["sample"], each.get("score"), each.get("scores")) for each in events]

    kept = f'[clips]\nenabled = true\ndir = "{tmp_path / "file" / "clips"}"\n'
    assert heard(kept) == heard("")
