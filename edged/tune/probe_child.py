"""Measures one part of one configuration, once, in a process where nothing else runs."""

import itertools
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial

import numpy as np

from edged.backends.backend import FeatureBackend, Pcm
from edged.bench.paced import paced, percentile
from edged.bench.telling import tell
from edged.config.schema import Config
from edged.errors import RecognizerDied
from edged.geometry import HOP, SAMPLE_RATE
from edged.runtime.kit import open_recognizer, open_scorers
from edged.runtime.models import ModelsInUse
from edged.runtime.placement import Placement, pin, placement
from edged.runtime.scorer import Scorer
from edged.runtime.words import model_name
from edged.stages.audio.recording import read_all
from edged.stages.recognize.recognizer import Final, Lost, Options, Reply, Restarted
from edged.tune.question import HOPS, Answer, Question, from_text

COMMANDS = 3
"""Commands that one answer is the median of, after one that is not counted."""

ANSWER_S = 60.0
"""Seconds to wait for the text of one."""

LONGEST_S = 25.0
"""Seconds of a recording that a recognizer takes."""


def answer(asked: Question) -> Answer:
    """Open what is asked for and measure it.

    Raises:
        EdgedError: it cannot be opened, or fails.
    """
    where = placement(asked.config) or Placement()
    return _path(asked, where) if asked.part == "path" else _recognizer(asked, where)


def _path(asked: Question, where: Placement) -> Answer:
    if where.path:
        pin(0, where.path)  # before anything is opened: threads that are made then inherit it
    config = asked.config
    models = ModelsInUse(config.models.dir, accepted=None)
    names = [model_name(word) for word in config.heads.word]
    scorers = open_scorers(config, names, models, background=False)
    try:
        if config.features.backend == "auto" or config.heads.backend == "auto":
            scorers.chains.work()  # what `auto` would settle on
        features = _parallel(config, models, asked.parallel) if asked.parallel else scorers.features
        scorer = Scorer(features, scorers.heads, scorers.before)
        hops = itertools.cycle(_noise(HOP, 125))
        found = paced(lambda: scorer.push(next(hops)), HOPS, time.perf_counter, time.process_time, time.sleep)
        ran = f"features {features.provider}, heads {scorers.heads.provider}"
        return Answer(found.cpu_s * 1e3, percentile(found.walls_s, 95) * 1e3, ran)
    finally:
        scorers.close()


def _parallel(config: Config, models: ModelsInUse, threads: int) -> FeatureBackend:
    """Return features on the CPU whose operators run side by side, as some guides recommend."""
    from edged.backends.cpu.features import CpuFeatures
    from edged.backends.cpu.session import open_session

    files = (
        models.file(config.features.melspectrogram, "melspectrogram"),
        models.file(config.features.embedding, "embedding"),
    )
    return CpuFeatures(*files, opened=partial(open_session, threads=threads, parallel=True))


def _recognizer(asked: Question, where: Placement) -> Answer:
    config = asked.config.recognize
    model = ModelsInUse(asked.config.models.dir, accepted=None).get(config.model, "recognizer")
    sounds = [read_all(sound, LONGEST_S) for sound in asked.sounds] or [np.concatenate(list(_noise(HOP, 50)))]
    desk = _Desk()
    recognizer = open_recognizer(model, config, desk.take, where.recognizer)
    try:
        costs: list[float] = []
        waits: list[float] = []
        for number, pcm in enumerate(itertools.islice(itertools.cycle(sounds), COMMANDS + 1)):
            desk.answered.clear()
            begun = time.perf_counter()
            recognizer.start(number, Options(partials=False))
            for hop in _hops(pcm):
                recognizer.accept(number, hop)
            said = time.perf_counter()
            recognizer.finish(number)
            ended = desk.wait()
            if number:
                costs.append((ended - begun) * 1e3 / (len(pcm) / SAMPLE_RATE))
                waits.append((ended - said) * 1e3)
    finally:
        recognizer.close()
    ran = f"recognizer {model.name}, {recognizer.capabilities.mode}, {config.threads} threads"
    return Answer(statistics.median(costs), statistics.median(waits), ran)


class _Desk:
    """Where the texts of a recognizer arrive."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self._trouble: Reply | None = None
        self._at = 0.0

    def take(self, reply: Reply) -> None:
        if isinstance(reply, (Lost, Restarted)):
            self._trouble = reply
        if isinstance(reply, (Final, Lost)):
            self._at = time.perf_counter()
            self.answered.set()

    def wait(self) -> float:
        """Return when the text came.

        Raises:
            RecognizerDied: it did not come, or not from the process that was asked.
        """
        if not self.answered.wait(ANSWER_S) or self._trouble is not None:
            raise RecognizerDied(f"recognizer: no measurement, it answered {self._trouble}")
        return self._at


def _noise(length: int, count: int) -> Iterator[Pcm]:
    """Yield pieces of noise whose loudness wanders: no digital silence, the same in every process."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        yield (rng.standard_normal(length) * rng.uniform(30, 3000)).clip(-32768, 32767).astype(np.int16)


def _hops(pcm: Pcm) -> Sequence[Pcm]:
    return [pcm[at : at + HOP] for at in range(0, len(pcm), HOP)]


def _main(fd: int, text: str) -> None:
    tell(fd, lambda: asdict(answer(from_text(text))), why=str)


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2])
