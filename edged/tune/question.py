"""What is measured in a process of its own: a configuration, and which part of it works."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edged.backends.child import run_child
from edged.config.schema import Config

Part = Literal["path", "recognizer"]
"""`path`: sound to scores, one hop per 80 ms. `recognizer`: whole commands, as fast as they are taken."""

HOPS = 25
"""Steps of the path that one answer counts: two seconds of sound."""

LIMIT_S = 180.0
"""Seconds an answer may take: kernels are compiled the first time, and a recognizer has to load."""


@dataclass(frozen=True, slots=True)
class Question:
    """One measurement."""

    config: Config
    part: Part
    sounds: tuple[Path, ...] = ()
    """Commands for the recognizer; none: noise."""
    parallel: int = 0
    """Threads of an embedding whose operators run side by side (ORT_PARALLEL), as some guides recommend and
    no configuration can ask for; 0: as configured."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one measurement came to."""

    cost: float
    """What decides. Path: processor milliseconds per hop. Recognizer: wall milliseconds per second heard."""
    wall_ms: float
    """Path: wall of a hop, 95 of 100 stay under. Recognizer: the median command, from its end to its text."""
    ran: str
    """What really ran, e.g. `features opencl, heads cpu`."""


def ask(question: Question, limit_s: float = LIMIT_S) -> Answer | str:
    """Return the answer of a child, or why there is none: it may abort or hang without harm."""
    try:
        ended = run_child("edged.tune.probe_child", [to_text(question)], limit_s)
    except OSError as exc:
        return f"no process can be started ({exc})"
    if ended.status != 0:
        return f"the process that measures it {ended.how}"
    said: dict[str, Any] = json.loads(ended.answer)
    return str(said["why"]) if "why" in said else Answer(**said)


def to_text(question: Question) -> str:
    """Return a question as a child is asked it."""
    sounds: Sequence[str] = [str(sound) for sound in question.sounds]
    config = question.config.model_dump(mode="json")
    return json.dumps(
        {"config": config, "part": question.part, "sounds": sounds, "parallel": question.parallel}
    )


def from_text(text: str) -> Question:
    """Return the question that `to_text` wrote."""
    said: dict[str, Any] = json.loads(text)
    config = Config.model_validate_json(json.dumps(said["config"]))
    return Question(config, said["part"], tuple(map(Path, said["sounds"])), said["parallel"])
