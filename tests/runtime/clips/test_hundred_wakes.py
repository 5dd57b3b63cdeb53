"""A hundred wakes of real recordings, kept and heard again: scores within 1e-6, the same decisions."""

import logging
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from edged.config.load import load
from edged.config.schema import Config
from edged.geometry import HOP, SAMPLE_RATE
from edged.messages import Activation, Body, Frame
from edged.runtime.clips.clip import read_sound
from edged.runtime.clips.keeper import Keeper
from edged.runtime.clips.kept import written
from edged.runtime.clips.made_by import made_by
from edged.runtime.clips.replay import replay
from edged.runtime.clips.store import Store
from edged.runtime.commands import Commands
from edged.runtime.ear import Ear
from edged.runtime.kit import Kit, open_kit
from edged.runtime.timing import StageTimes
from edged.stages.audio.recording import read_all
from tests.assets import asset
from tests.daemon import DEMO, models, write_config

__all__ = ["models"]

log = logging.getLogger(__name__)

TOML = """
[recognize]
enabled = false
[listen]
trailing_silence = "aggressive"
no_speech_timeout_s = 0.6
[clips]
enabled = true
[heads]
vad_threshold = 0.3
[[heads.word]]
name = "alexa"
[[heads.word]]
name = "hey_jarvis"
patience = 2
patience_window = 4
[[heads.word]]
name = "hey_mycroft"
model = "MYCROFT"
[[heads.word]]
name = "timer"
output = "5_minute_timer"
"""


def recordings() -> list[np.ndarray]:
    """Words of many people, and of several heads, in an order that mixes them."""
    others = [
        DEMO,
        *(asset(f"wake/positive/wyoming/{word}.wav") for word in ("alexa", "hey_jarvis", "hey_mycroft")),
        *(asset(f"wake/positive/openwakeword/{word}_test.wav") for word in ("alexa", "hey_mycroft")),
    ]
    people = sorted(asset("wake/positive/alexa").glob("*.flac"))[:96]
    assert len(people) == 96
    rest = [read_all(file, 60.0) for file in others]
    mixed: list[np.ndarray] = []
    for number, person in enumerate(people):
        mixed.append(read_all(person, 60.0))
        if number % 4 == 0:
            mixed.append(rest[number // 4 % len(rest)])
    return mixed


def hear(config: Config, kit: Kit, store: Store) -> Counter[str]:
    """Hear them at any offset, behind starts, gaps and commands; count what happened."""
    keeper = Keeper(config.clips, made_by(config, kit), store=store)
    happened: Counter[str] = Counter()

    def emit(stream: str, utterance: int | None, sample: int, body: Body) -> None:
        happened[body.NAME] += 1
        if isinstance(body, Activation):
            assert body.clip is not None

    def fresh() -> Ear:
        times = StageTimes()
        return Ear("mic", kit, config, emit, Commands("mic", emit, times, clips=keeper), times, clips=keeper)

    rng = np.random.default_rng(20)
    ear, at = fresh(), 0
    for number, word in enumerate(recordings()):
        lost = 0
        if number % 5 == 1:
            ear.end("end_of_stream")
            ear, at = fresh(), 0
        elif number % 5 == 3:
            lost = int(rng.integers(1, 9000))
        room = rng.normal(size=int(rng.integers(1, [200, 90_000][number % 2]))) * 30
        after = rng.normal(size=int(rng.integers(SAMPLE_RATE // 4, SAMPLE_RATE))) * 30
        pcm = np.concatenate([room.astype(np.int16), word, after.astype(np.int16)])
        at += lost
        for start in range(0, len(pcm), 3 * HOP):
            piece = pcm[start : start + 3 * HOP]
            ear.feed(Frame(at, piece), time.perf_counter())
            at += len(piece)
            while (kept := keeper.box.get(timeout_s=0)) is not None:
                assert store.put(*written(kept), quota=10**9)
    ear.end("end_of_stream")
    while (kept := keeper.box.get(timeout_s=0)) is not None:
        store.put(*written(kept), quota=10**9)
    return happened


@pytest.fixture(scope="module")
def config(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("hundred")
    mycroft = asset("wake/heads/hey_mycroft_v0.1.onnx")
    return load(
        write_config(folder / "edged.toml", models, TOML.replace("MYCROFT", str(mycroft))), environ={}
    ).config


def test_a_hundred_wakes_give_the_same_scores_and_decisions_again(config, tmp_path):
    store = Store(tmp_path / "clips")
    kit = open_kit(config, background=False)
    try:
        happened = hear(config, kit, store)
        listed = list(store.list())
        now = made_by(config, kit)
        replayed: Counter[str] = Counter()
        words: Counter[str] = Counter()
        begins: Counter[str] = Counter()
        worst = 0.0
        for each in listed:
            assert each.problem == ""
            assert each.document is not None
            if each.document.sound is None:
                continue
            found = replay(each.document, read_sound(each.path), config, kit, now)
            worst = max(worst, *found.differences.values())
            assert found.tolerance == 1e-6
            assert found.same, (each.id, found.differences, each.document.decisions, found.run.decisions)
            assert found.run.measured == ()
            assert found.changes == ()
            replayed[each.document.kind] += 1
            begins[each.document.sound.begins] += each.document.kind == "wake"
            words[each.document.word] += each.document.kind == "wake"
    finally:
        kit.close()
    log.info(
        "%s, wakes by word %s, by beginning %s, worst %g", dict(replayed), dict(words), dict(begins), worst
    )
    assert happened["gap"] >= 15
    assert happened["activation"] >= replayed["wake"] >= 100
    assert worst <= 1e-6
    assert min(words[word] for word in ("alexa", "hey_jarvis", "hey_mycroft")) >= 4
    assert min(begins[how] for how in ("stream", "middle", "history")) >= 5
    assert replayed["near_miss"] + replayed["rejected"] >= 1
