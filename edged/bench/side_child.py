"""One side of a comparison in a process of its own: reads questions, answers each in a line.

A process of its own, so that its peak of memory and the processor time of a driver's threads are its own.
"""

import json
import os
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edged.bench.hearing import Hearing
from edged.config.load import load
from edged.errors import EdgedError, ProviderError
from edged.stages.audio.intake import Intake
from edged.stages.audio.recording import read_all

ROUND, KEEP, ABOUT, MEMORY = "round", "keep", "about", "memory"
"""Questions: a round; one whose scores are told as well; what runs; the peak of memory."""


def serve(asked: dict[str, Any], questions: Any, say: Callable[[dict[str, Any]], None]) -> None:
    """Open a side and answer until there are no more questions.

    Raises:
        EdgedError: it cannot be opened, or fails.
    """
    file = asked["config"]
    config = load(Path(file) if file else None, overrides=asked["overrides"], secrets=False).config
    intake = Intake(channel=config.audio.channel, gain_db=config.audio.gain_db)
    sounds = [read_all(Path(sound), intake=intake) for sound in asked["files"]]
    with closing(Hearing(config)) as hearing:
        say({"open": True})
        for question in questions:
            match question.strip():
                case "about":
                    say(hearing.about())
                case "memory":
                    say(hearing.memory())
                case kind:
                    found, heard = hearing.round(sounds, keep=kind == KEEP)
                    say({**asdict(found), "heard": [asdict(one) for one in heard]})


def _main(fd: int, text: str) -> None:
    with os.fdopen(fd, "w") as out:

        def say(answer: dict[str, Any]) -> None:
            out.write(json.dumps(answer) + "\n")
            out.flush()

        try:
            serve(json.loads(text), sys.stdin, say)
        except ProviderError as exc:
            say({"provider": exc.provider, "why": exc.reason})
        except EdgedError as exc:
            say({"why": str(exc)})
        except Exception as exc:  # noqa: BLE001 - whatever a driver raises, the parent is told
            say({"why": f"{type(exc).__name__}: {exc}"})


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2])
