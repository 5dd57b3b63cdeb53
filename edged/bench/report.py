"""Everything that one command measures on a machine, as one document: nothing in it that was not measured."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edged.backends.probe import known_sound
from edged.bench import accuracy, asr, memory, recognizer, results, side_child, stages
from edged.bench.header import closed, header
from edged.bench.labelled import Labelled
from edged.bench.rounds import UNIT, WARM_ROUNDS, measured, spreads
from edged.bench.side import Asked, Side
from edged.bench.used import models_of
from edged.config.load import Loaded
from edged.config.schema import Config
from edged.config.show import masked
from edged.geometry import SAMPLE_RATE
from edged.stages.audio.recording import read_all
from edged.telemetry.power import open_sensor

VERSION = 1
"""Of the document; grows when a reader of today would misread it."""

MADE = "made.wav"
"""What is heard where no recording is given: a quiet room, noise and tones, in which nobody speaks."""

TIMES = 4
"""That sound is two seconds long."""

LONGEST_S = 25.0
"""Of a recording: it is a command, or a wake word and a command."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long each part is measured."""

    hops: int = 250
    rounds: int = 11
    utterances: int = 20
    memory_s: float = 20.0


QUICK = Effort(hops=25, rounds=5, utterances=5, memory_s=4.0)


def run(
    loaded: Loaded, files: Sequence[Path], labelled: Sequence[Labelled], effort: Effort = Effort()
) -> dict[str, Any]:
    """Measure stages, the whole path, the recognizer, memory and, where labels are given, accuracy.

    Args:
        loaded: the configuration and its file.
        files: recordings of a wake word and a command; none: sound that edged makes.
        labelled: recordings for the accuracy; none: it is left out.
        effort: how long.

    Raises:
        EdgedError: something that is configured cannot be opened, or fails.
    """
    config = loaded.config
    with tempfile.TemporaryDirectory() as folder:
        heard = list(files) or [_made(Path(folder))]
        sounds = [read_all(file, LONGEST_S) for file in heard]
        names = [str(file) for file in files] or [MADE]
        sensor = open_sensor(config.telemetry.power_sensor)
        begun = header(models_of(config), zip(names, sounds, strict=True), sensor.path if sensor else None)
        file = loaded.files[0] if loaded.files else None
        measured_ = {
            "stages": stages.run(config, config.models.dir, effort.hops),
            "whole": _whole(file, heard, effort.rounds),
            "asr": _recognizer(config, heard, names, effort.utterances),
            "memory": _memory(file, sounds, effort.memory_s),
            "accuracy": accuracy.run(config, labelled) if labelled else None,
        }
    result = {
        "bench": "report",
        "version": VERSION,
        "header": closed(begun),
        "configuration": _changed(loaded),
        **measured_,
    }
    return {**result, "table": results.rows(result)}


def _made(folder: Path) -> Path:
    import soundfile

    driver: Any = soundfile  # ships no type stubs
    file = folder / MADE
    sound = known_sound()
    driver.write(file, [*sound] * TIMES, SAMPLE_RATE, subtype="PCM_16")
    return file


def _whole(config: Path | None, files: Sequence[Path], rounds: int) -> dict[str, Any]:
    with closing(Side(Asked("as configured", config), files)) as side:
        side.ask(side_child.ROUND)
        answers = [side.ask(side_child.ROUND) for _ in range(rounds)]
        about, peak = side.ask(side_child.ABOUT), side.ask(side_child.MEMORY)
    return {
        "unit": UNIT,
        "warm_up_rounds": WARM_ROUNDS,
        "rounds": rounds,
        "recordings": len(files),
        "hops": answers[0]["hops"],
        **about,
        **spreads(measured(answers)),
        "peak_memory_mb": peak,
    }


def _recognizer(
    config: Config, files: Sequence[Path], names: Sequence[str], utterances: int
) -> dict[str, Any] | None:
    if not config.recognize.enabled:
        return None
    found = next(model for model in models_of(config) if model.kind == "recognizer")
    sounds = [read_all(file, LONGEST_S) for file in files]
    mode, threads = config.recognize.mode, config.recognize.threads
    named = [(Path(name), pcm) for name, pcm in zip(names, sounds, strict=True)]
    return {
        "model": found.name,
        "alone": asr.run(found, named, mode, {}, threads),
        "latency": recognizer.latency(found, sounds, mode, utterances, threads),
    }


def _memory(config: Path | None, sounds: Sequence[Any], seconds: float) -> dict[str, Any]:
    from edged.bench.machine import share_of_memory

    found = memory.run(sounds, config, seconds)
    return {**found, "share_of_machine": share_of_memory(found["peak_rss"])}


def _changed(loaded: Loaded) -> dict[str, Any]:
    """Return the keys that are not the defaults, secrets masked, and where each was said."""
    plain: Mapping[str, Any] = masked(loaded)
    return {
        key: {"value": _value(plain, key), "from": origin}
        for key, origin in loaded.origins.items()
        if origin != "default"
    }


def _value(plain: Any, key: str) -> Any:
    found = plain
    for part in key.replace("[", ".").replace("]", "").split("."):
        found = found[int(part)] if part.isdecimal() else found[part]
    return found
