"""Sound becomes peaks with times and nothing else; what decides is what the daemon decides by."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edged.calibrate.listener import Listener
from edged.calibrate.peaks import Deciding, Peaks
from edged.calibrate.record import Heard
from edged.calibrate.session import Session
from edged.config.load import load
from edged.geometry import HOP, QUIET_HOPS
from edged.messages import Frame
from edged.runtime.kit import open_kit
from edged.runtime.scorer import Scorer
from edged.stages.audio.recording import read_all
from tests.daemon import DEMO, models, write_config
from tests.stages.audio.live_sources import program

__all__ = ["models"]

MORE = '[recognize]\nenabled = false\n[[heads.word]]\nname = "hey_jarvis"\n'


@pytest.fixture
def config(models, tmp_path):
    def config(more: str = ""):
        return load(write_config(tmp_path / "edged.toml", models, MORE + more), {}).config

    return config


@pytest.fixture
def listen(config):
    """Hear pieces of sound as one stream, and return what was kept."""

    def listen(frames, more: str = "") -> Heard:
        asked = config(more)
        kit = open_kit(asked)
        heard = Heard("")
        listener = Listener(asked, kit.scorers, [(kit.wakes[0], heard)], kit.vad)
        for frame in frames:
            listener.feed(frame, lambda ago_s: f"{ago_s:.2f} s ago")
        listener.cut(lambda ago_s: f"{ago_s:.2f} s before the end")
        kit.close()
        return heard

    return listen


def pieces(pcm, size: int, start: int = 0):
    return [Frame(start + at, pcm[at : at + size]) for at in range(0, len(pcm), size)]


def test_the_peaks_are_those_of_the_scores_whatever_the_pieces(listen, config):
    demo = read_all(DEMO)
    kit = open_kit(config())
    scores = Scorer(kit.scorers.features, kit.scorers.heads).run(demo, HOP)[QUIET_HOPS:, 0]
    rule = kit.wakes[0].rule
    kit.close()
    deciding, peaks = Deciding(rule), Peaks(rule)
    expected = [peaks.push(deciding.push(float(score))) for score in scores]
    whole = sorted((peak.score for peak in (*expected, peaks.end()) if peak is not None), reverse=True)
    for size in (HOP, 700, 5000):
        heard = listen(pieces(demo, size))
        assert heard.scores == pytest.approx(whole, abs=1e-6)
        assert heard.hops == len(scores)
    assert whole[0] > 0.9


def test_a_time_is_that_of_the_peak(listen):
    demo = read_all(DEMO)
    (score, when), *_ = listen(pieces(demo, HOP)).highest
    assert score > 0.9
    hops = len(demo) // HOP
    seconds = float(when.split()[0])
    assert 0 < seconds < hops * 0.08


def test_sound_that_is_missing_makes_everything_start_afresh(listen):
    demo = read_all(DEMO)
    twice = listen([*pieces(demo, HOP), *pieces(demo, HOP, start=len(demo) + 16_000)])
    once = listen(pieces(demo, HOP))
    assert twice.hops == 2 * once.hops
    assert twice.scores[:2] == pytest.approx([once.scores[0]] * 2, abs=1e-6)


def test_a_speech_gate_holds_back_what_it_would_hold_back_in_the_daemon(listen):
    demo = read_all(DEMO)
    assert listen(pieces(demo, HOP), "vad_threshold = 0.5\n").scores[0] > 0.9
    assert listen(pieces(demo, HOP), "vad_threshold = 1.0\n").scores[0] < 0.02


def test_a_session_goes_on_where_the_last_one_ended_and_no_recording_counts_twice(config, tmp_path):
    noise = (np.random.default_rng(1).normal(size=16_000 * 4) * 300).astype(np.int16)
    soundfile.write(tmp_path / "noise.wav", noise, 16_000)
    file = tmp_path / "r.json"
    with Session(config(), file) as session:
        assert session.hear_files([DEMO], lambda: False) == []
        first = session.words[0][1].hops
    with Session(config(), file) as session:
        assert session.words[0][1].hops == first
        assert session.hear_files([DEMO, tmp_path / "noise.wav"], lambda: False) == [DEMO]
        assert session.words[0][1].hops == first + 50 - QUIET_HOPS
    with Session(config(), file, fresh=True) as session:
        assert session.words[0][1].hops == 0
    told = json.loads(file.read_text())
    assert {when.partition(" ")[0] for _, when in told["words"]["hey_jarvis"]["peaks"]} == {
        DEMO.name,
        "noise.wav",
    }


def test_a_session_that_is_told_to_stop_keeps_what_it_heard(config, tmp_path):
    heard: list[Path] = []
    with Session(config(), tmp_path / "r.json") as session:
        session.hear_files([DEMO, DEMO], lambda: bool(heard) or bool(heard.append(DEMO)))
        assert session.words[0][1].hops > 0
        assert len(session.record.files) == 1


def test_recall_counts_the_recordings_that_wake(config, tmp_path):
    noise = (np.random.default_rng(1).normal(size=16_000 * 4) * 300).astype(np.int16)
    soundfile.write(tmp_path / "noise.wav", noise, 16_000)
    with Session(config(), tmp_path / "r.json") as session:
        assert session.recall("hey_jarvis", [DEMO, tmp_path / "noise.wav"], 0.5) == 1
        assert session.recall("hey_jarvis", [DEMO], 0.99999) == 0


ARECORD = """\
import sys
from pathlib import Path

here = Path(__file__).parent
if "--dump-hw-params" in sys.argv:
    sys.stderr.write("FORMAT:  S16_LE\\nCHANNELS: 1\\nRATE: 16000\\n")
    sys.exit(0)
if not (here / "plugged").exists():
    sys.stderr.write("arecord: main:831: audio open error: No such device\\n")
    sys.exit(1)
sys.stdout.buffer.write((here / "sound").read_bytes())
sys.stdout.buffer.flush()
(here / "plugged").unlink()
sys.stderr.write("arecord: pcm_read:2221: read error: No such device\\n")
sys.exit(1)
"""


def test_a_microphone_that_goes_and_comes_back_is_heard_on(config, tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    demo = read_all(DEMO)
    (folder / "sound").write_bytes(demo.tobytes())
    (folder / "script.py").write_text(ARECORD)
    program(folder / "arecord", f'exec {sys.executable} {folder}/script.py "$@"\n')
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    plug = folder / "plugged"
    plug.touch()
    told: list[str] = []

    def hear(sentence: str) -> None:
        told.append(sentence)
        plug.touch()

    asked = config('[audio]\nsource = "arecord:hw:0"\n')
    with Session(asked, tmp_path / "r.json") as session:
        session.hear_source(1.5 * len(demo) / 16_000 / 3600, lambda: False, hear)
        wakes = [score for score in session.words[0][1].scores if score > 0.9]
    assert any("lost" in each for each in told), told
    assert any("back" in each for each in told), told
    assert len(wakes) == 2
