"""Recordings sent by front ends: each gets its text or one sentence, and what dies takes nobody with it."""

import json
import os
import signal
import threading
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from edged.bench.memory import children
from edged.config.load import load
from edged.geometry import SAMPLE_RATE
from edged.runtime.jobs import limits
from edged.runtime.jobs.hand import Hand
from edged.runtime.jobs.job import Busy, Done, Failed, Heard, Job, Stopped
from edged.runtime.jobs.pool import Pool
from edged.runtime.jobs.spool import Spool
from edged.runtime.transcribe.document import as_dict, render
from edged.stages.audio.recording import Raw, read_all
from edged.stages.recognize.recognizer import Hotword, Options
from tests import daemon
from tests.daemon import DEMO, models

__all__ = ["models"]

ANSWER_S = 90
"""Seconds to wait for what comes in one: a test machine may be busy."""

RAW = Raw(SAMPLE_RATE)


@dataclass
class Told:
    """What was said of one job."""

    act: object = None
    """Called with each update, in the pool's thread."""
    updates: list = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    heard: threading.Event = field(default_factory=threading.Event)

    def __call__(self, update):
        self.updates.append(update)
        if self.act is not None:
            self.act(update)
        (self.heard if isinstance(update, Heard) else self.over).set()

    @property
    def last(self):
        assert self.over.wait(ANSWER_S), "no last word"
        return self.updates[-1]


class Office:
    """A pool at the usual priority, its spool, and the processes that it started."""

    def __init__(self, config, folder):
        self.started, self.hands = threading.Event(), []
        self.on_start = lambda hand: None
        self.spool = Spool(folder)
        self.pool = Pool(config, start=self._start)

    def _start(self, setup, lowered):
        hand = Hand(setup)  # tests of a busy machine must not wait for an idle one
        self.hands.append(hand)
        self.on_start(hand)
        self.started.set()
        return hand

    def submit(self, content, told, **more):
        path, file = self.spool.create()
        with file:
            file.write(content)
        return self.pool.submit(Job(path, name="talk", **more), told)

    def ask(self, content, **more):
        told = Told()
        self.submit(content, told, **more)
        return told.last

    @property
    def files(self):
        return [path.name for path in self.spool.folder.iterdir() if path.name != "lock"]

    @property
    def pids(self):
        return [hand.channel.pid for hand in self.hands]


@pytest.fixture
def office(models, tmp_path, monkeypatch):
    monkeypatch.delenv("EDGED_SYSROOT")  # what a process weighs is read from this machine
    offices = []

    def make(more=""):
        config = load(daemon.write_config(tmp_path / "edged.toml", models, more), environ={}).config
        offices.append(Office(config, tmp_path / "spool"))
        return offices[-1]

    yield make
    for each in offices:
        each.pool.close()
        assert each.files == []
        each.spool.close()


@pytest.fixture(scope="module")
def speech():
    """Ten minutes of commands, raw: far more than is recognized before a test has acted."""
    return np.resize(read_all(DEMO), 600 * SAMPLE_RATE).astype("<i2").tobytes()


def kill(pid):
    os.kill(pid, signal.SIGKILL)


def test_the_same_recording_has_the_same_text_as_by_edged_transcribe(office, models, tmp_path):
    config = daemon.write_config(tmp_path / "edged.toml", models)
    code, out, _ = daemon.run("transcribe", DEMO, "-c", config, "--format", "json")
    assert code == 0
    (wanted,) = json.loads(out)
    told = Told()
    at_work = office()
    at_work.submit(DEMO.read_bytes(), told)
    found = as_dict(told.last.document)
    same = ("duration_s", "model", "text", "segments")
    assert {key: found[key] for key in same} == {key: wanted[key] for key in same}
    assert wanted["text"]
    assert [update.passage for update in told.updates[:-1]] == list(told.last.document.passages)
    assert at_work.files == []
    for form in ("text", "srt", "vtt"):
        assert daemon.run("transcribe", DEMO, "-c", config, "--format", form)[1] == render(
            told.last.document, form
        )


def test_the_report_of_a_job_tells_steps_pace_and_memory(office):
    metrics = office().ask(DEMO.read_bytes()).document.metrics
    assert {"read", "vad", "recognize", "write"} == set(metrics["steps_s"])
    assert metrics["audio_duration"] == pytest.approx(len(read_all(DEMO)) / SAMPLE_RATE, abs=0.001)
    assert metrics["rtf"] == metrics["processing_time"] / metrics["audio_duration"]
    assert metrics["total_s"] >= metrics["steps_s"]["vad"]
    assert metrics["peak_memory_mb"] > 50  # a process with numpy, onnxruntime and its recognizer
    assert metrics["tries"] == 1
    json.dumps(dict(metrics), allow_nan=False)


@pytest.mark.parametrize("form", ["wav", "flac", "ogg", "raw", "raw stereo 24 bit at 48 kHz"])
def test_each_form_of_the_same_sound_has_its_text(office, tmp_path, form):
    pcm = read_all(DEMO)
    raw = None
    if form == "raw":
        raw, content = RAW, pcm.astype("<i2").tobytes()
    elif form.startswith("raw"):
        raw = Raw(48_000, width=3, channels=2)
        wide = np.repeat(np.repeat(pcm, 3), 2).astype("<i4") << 8
        content = wide.tobytes()
        content = np.frombuffer(content, np.uint8).reshape(-1, 4)[:, :3].tobytes()
    else:
        soundfile.write(tmp_path / f"x.{form}", pcm, SAMPLE_RATE)
        content = (tmp_path / f"x.{form}").read_bytes()
    last = office().ask(content, raw=raw)
    assert isinstance(last, Done), last
    assert "kitchen light" in last.document.text


BROKEN = {
    "nothing": (b"", "empty file"),
    "garbage": (bytes(range(256)) * 40, "talk: "),
    "half a header": (b"RIFF\x24\x00", "talk: "),
    "a wav of no sound": (
        b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80>\0\0\0}\0\0\2\0\x10\0data\0\0\0\0",
        "no sound",
    ),
    "a playlist": (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "talk: "),
}


def test_what_is_no_recording_is_one_sentence_without_a_path_and_the_next_is_recognized(office):
    at_work = office()
    for content, words in BROKEN.values():
        last = at_work.ask(content)
        assert isinstance(last, Failed)
        assert last.kind in ("audio", "unsupported")
        assert last.sentence.startswith("talk: ")
        assert words in last.sentence
        assert str(at_work.spool.folder) not in last.sentence
    assert isinstance(at_work.ask(DEMO.read_bytes()), Done)
    assert len(at_work.hands) == 1
    counters = at_work.pool.counters()
    assert (counters.done, counters.failed, counters.restarts) == (1, len(BROKEN), 0)


def test_a_header_that_claims_gigabytes_gets_the_text_of_what_is_there(office):
    content = bytearray(DEMO.read_bytes())
    at = content.index(b"data") + 4
    content[4:8] = content[at : at + 4] = (0x7000_0000).to_bytes(4, "little")
    last = office().ask(bytes(content))
    assert isinstance(last, Done)
    assert last.document.samples == len(read_all(DEMO))


def test_a_recording_without_an_end_is_refused_at_the_longest_that_is_taken(office, speech):
    last = office().ask(speech, raw=RAW, longest_s=20.0)
    assert last == Failed("audio", "talk: longer than 20 s, the most that is taken")


def test_a_model_that_is_missing_is_told_as_such(office):
    last = office('[recognize]\nmodel = "absent"\n').ask(DEMO.read_bytes())
    assert (last.kind, "absent" in last.sentence) == ("model", True)


@pytest.mark.parametrize("phase", ["starting", "at work"])
def test_a_process_that_dies_is_replaced_and_no_passage_is_told_twice(office, speech, phase):
    at_work, killed = office(), []

    def once(pid):
        if not killed:
            killed.append(pid)
            kill(pid)

    if phase == "starting":
        at_work.on_start = lambda hand: once(hand.channel.pid)
    told = Told(lambda update: phase == "at work" and len(told.updates) == 3 and once(at_work.pids[0]))
    at_work.submit(speech[: 120 * SAMPLE_RATE * 2], told, raw=RAW)
    document = told.last.document
    heard = [update.passage for update in told.updates[:-1]]
    assert heard == list(document.passages)
    assert all(one.stop <= two.start for one, two in pairwise(heard))
    assert document.metrics["tries"] == 2
    assert document.text == at_work.ask(speech[: 120 * SAMPLE_RATE * 2], raw=RAW).document.text
    assert at_work.pool.counters().restarts == 1


def test_a_recording_that_ends_two_processes_fails_and_the_next_gets_a_new_one(office):
    at_work = office()
    at_work.on_start = lambda hand: len(at_work.hands) <= 2 and kill(hand.channel.pid)
    last = at_work.ask(DEMO.read_bytes())
    assert last.kind == "internal"
    assert "SIGKILL" in last.sentence
    assert "second time" in last.sentence
    assert isinstance(at_work.ask(DEMO.read_bytes()), Done)


def test_a_recognizer_that_dies_costs_its_process_nothing(office, speech):
    at_work, killed = office(), []

    def once(update):
        if not killed:
            killed.extend(children(at_work.pids[0]))
            kill(killed[0])

    told = Told(once)
    at_work.submit(speech[: 120 * SAMPLE_RATE * 2], told, raw=RAW)
    document = told.last.document
    assert killed
    assert (document.metrics["tries"], document.metrics["lost"]) == (1, [])
    assert at_work.pool.counters().restarts == 0


def test_a_process_that_hangs_is_ended_and_its_job_fails_in_words(office, monkeypatch):
    monkeypatch.setattr(limits, "START_S", -1.0)
    monkeypatch.setattr(limits, "SILENT_S", -1.0)
    at_work = office()
    last = at_work.ask(DEMO.read_bytes())
    assert last.kind == "internal"
    assert "no sign of life" in last.sentence
    assert len(at_work.hands) == 2
    assert all(hand.channel.process.poll() is not None for hand in at_work.hands)


def test_a_process_without_work_for_long_is_ended(office, monkeypatch):
    monkeypatch.setattr(limits, "IDLE_S", 0.0)
    at_work = office()
    assert isinstance(at_work.ask(DEMO.read_bytes()), Done)
    assert wait_until(lambda: at_work.pool.counters().processes == 0)
    assert isinstance(at_work.ask(DEMO.read_bytes()), Done)


def test_a_process_that_dies_without_work_is_not_missed(office):
    at_work = office()
    assert isinstance(at_work.ask(DEMO.read_bytes()), Done)
    kill(at_work.pids[0])
    last = at_work.ask(DEMO.read_bytes())
    assert isinstance(last, Done)


@pytest.mark.parametrize("phase", ["waiting", "starting", "at work"])
def test_a_cancelled_job_is_not_heard_of_again_and_the_others_are_done(office, speech, phase):
    at_work, ticket = office(), []

    def drop(update):
        at_work.pool.cancel(ticket[0])

    dropped = Told(drop if phase == "at work" else None)
    held = threading.Event()
    at_work.on_start = lambda hand: held.wait(ANSWER_S)  # nothing moves before the tickets are known
    before = Told()
    if phase == "waiting":
        at_work.submit(DEMO.read_bytes(), before)
    ticket.append(at_work.submit(speech, dropped, raw=RAW))
    assert at_work.started.wait(0) is False or phase != "starting"
    if phase == "waiting":
        at_work.pool.cancel(ticket[0])
        assert len(at_work.files) <= 2
    held.set()
    if phase == "starting":
        assert at_work.started.wait(ANSWER_S)
        at_work.pool.cancel(ticket[0])
    if phase == "at work":
        assert dropped.heard.wait(ANSWER_S)
    assert isinstance(at_work.ask(DEMO.read_bytes()), Done)
    assert len(dropped.updates) == (1 if phase == "at work" else 0)
    assert not dropped.over.is_set()
    assert at_work.pool.counters().cancelled == 1
    if phase == "waiting":
        assert isinstance(before.last, Done)
    at_work.pool.cancel(ticket[0])
    assert at_work.pool.counters().cancelled == 1


def test_a_pool_closed_in_the_middle_tells_everybody_and_leaves_nothing(office, speech):
    at_work = office()
    working, waiting = Told(), Told()
    at_work.submit(speech, working, raw=RAW)
    at_work.submit(DEMO.read_bytes(), waiting)
    assert working.heard.wait(ANSWER_S)
    at_work.pool.close()
    assert working.last == waiting.last == Failed("stopped", "edged stops")
    assert at_work.files == []
    assert all(hand.channel.process.poll() is not None for hand in at_work.hands)
    with pytest.raises(Stopped):
        at_work.submit(DEMO.read_bytes(), Told())
    for left in at_work.spool.folder.iterdir():
        left.unlink()  # the file that was refused stays the caller's


def test_a_full_queue_says_when_to_come_back_and_keeps_a_place_for_others(office, speech):
    at_work = office("[serve]\nqueue = 4\n")
    held = threading.Event()
    at_work.on_start = lambda hand: held.wait(ANSWER_S)
    tolds = [Told() for _ in range(5)]
    at_work.submit(DEMO.read_bytes(), tolds[0], client="a")
    assert wait_until(lambda: at_work.pool._turns.full("a") or not len(at_work.pool._turns))
    for told in tolds[1:4]:
        at_work.submit(DEMO.read_bytes(), told, client="a")
    path, file = at_work.spool.create()
    file.close()
    with pytest.raises(Busy, match=r"try again in \d+ s") as refused:
        at_work.pool.submit(Job(path, client="a"), Told())
    assert 1 <= refused.value.retry_after_s <= 600
    path.unlink()
    at_work.submit(DEMO.read_bytes(), tolds[4], client="b")
    held.set()
    assert all(isinstance(told.last, Done) for told in tolds)
    counters = at_work.pool.counters()
    assert (counters.done, counters.refused, counters.queued, counters.running) == (5, 1, 0, 0)
    assert counters.audio_s == pytest.approx(5 * len(read_all(DEMO)) / SAMPLE_RATE, abs=0.01)


def test_more_workers_are_started_only_while_more_jobs_wait(office):
    at_work = office("[serve]\nworkers = 2\n")
    tolds = [Told() for _ in range(3)]
    assert isinstance(at_work.ask(DEMO.read_bytes()), Done)
    assert isinstance(at_work.ask(DEMO.read_bytes()), Done)
    assert len(at_work.hands) == 1
    for told in tolds:
        at_work.submit(DEMO.read_bytes(), told)
    assert all(isinstance(told.last, Done) for told in tolds)
    assert len(at_work.hands) == 2


def test_a_process_that_has_grown_is_replaced_between_two_jobs(office):
    at_work = office("[serve]\nworker_memory_mb = 64\n")
    for _ in range(2):
        assert isinstance(at_work.ask(DEMO.read_bytes()), Done)
    assert len(at_work.hands) == 2
    counters = at_work.pool.counters()
    assert (counters.recycled, counters.restarts) == (2, 0)


def test_what_a_recording_asks_for_goes_with_it_and_what_cannot_be_had_is_said(office):
    at_work = office()
    asked = Options(partials=False, hotwords=(Hotword("kitchen light"),), itn=True)
    last = at_work.ask(DEMO.read_bytes(), options=asked)
    assert isinstance(last, Done)
    assert any("hotwords" in note for note in last.document.notes)
    assert at_work.ask(DEMO.read_bytes()).document.notes == ()


def test_a_listener_that_fails_ends_nothing(office):
    at_work = office()

    def fail(update):
        raise RuntimeError("the front end broke")

    broken = Told(fail)
    at_work.submit(DEMO.read_bytes(), broken)
    assert isinstance(at_work.ask(DEMO.read_bytes()), Done)
    assert isinstance(broken.updates[-1], Done)


def wait_until(there):
    pause = threading.Event()
    for _ in range(ANSWER_S * 100):
        if there():
            return True
        pause.wait(0.01)
    return False
