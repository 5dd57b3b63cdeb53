"""Five minutes of real recordings, and what the path makes of them with any HeadBackend."""

from itertools import chain, cycle, islice

import numpy as np
import soundfile

from edged.backends.cpu.features import CpuFeatures
from edged.config.schema import Heads, Word
from edged.geometry import HOP, SAMPLE_RATE
from edged.stages.features.features import Features
from edged.stages.features.history import History
from edged.stages.features.quiet_room import quiet_room
from edged.stages.heads.activation import Activator, Heard
from edged.stages.heads.rule import rule_of
from edged.stages.heads.scoring import Scoring
from tests.assets import asset
from tests.oww_models import model

HOPS = 5 * 60 * SAMPLE_RATE // HOP
WORDS = ("alexa", "hey_jarvis")


def histories() -> np.ndarray:
    """Embeddings (33 + HOPS, 96): words, speech without them and quiet between, over a floor of noise."""
    features = CpuFeatures(model("melspectrogram.onnx"), model("embedding_model.onnx"))
    stream, history = Features(features.stream()), History(quiet_room(features.stream()))
    sound = _sound()
    rows = [history.rows[1:].copy()]
    for at in range(0, HOPS * HOP, HOP):
        rows.append(stream.push(sound[at : at + HOP])[None].copy())
    features.close()
    return np.concatenate(rows)


def _sound() -> np.ndarray:
    words = sorted(asset("wake/positive/alexa").glob("*.flac"))
    others = sorted(asset("wake/negative/smart_mirror").glob("*.wav"))
    jarvis = sorted(asset("wake/positive/jarvis").iterdir())
    turns = chain.from_iterable(zip(cycle(words), cycle(others), cycle(jarvis), cycle(others)))
    noise = np.random.RandomState(5).standard_normal(HOPS * HOP) * 10
    sound = np.zeros(HOPS * HOP)
    at = 0
    for file in islice(turns, 1000):
        pcm = soundfile.read(file, dtype="int16")[0]
        if at + len(pcm) > len(sound):
            break
        sound[at : at + len(pcm)] = pcm
        at += len(pcm) + SAMPLE_RATE // 2
    return np.rint(sound + noise).clip(-32768, 32767).astype(np.int16)


def hear(rows: np.ndarray, heads, at=lambda hop: None) -> list[tuple]:
    """Return the activations (word, hop, score, end_sample); `at` is called before each hop."""
    asked = Heads(word=tuple(Word(name=name) for name in WORDS))
    columns = [heads.columns.index(name) for name in WORDS]
    activators = [Activator(rule_of(word, asked, 160)) for word in asked.word]
    scoring = Scoring(heads)
    heard = []
    for hop in range(len(rows) - 33):
        at(hop)
        scores = scoring.score(rows[hop : hop + 34], hop + 1)
        for activator, column in zip(activators, columns, strict=True):
            decision = activator.update(float(scores[column]), (hop + 1) * HOP)
            if isinstance(decision, Heard):
                heard.append((activator.rule.word, hop, round(decision.score, 5), decision.end_sample))
    return heard
