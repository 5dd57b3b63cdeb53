"""What a report holds: each file with its contents and what it is for."""

import dataclasses
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import cast

from edged import __version__
from edged.backends.trial_cache import FILE, cache_folder
from edged.config.load import Loaded, load
from edged.config.show import as_toml
from edged.doctor.bug_report.private import private_words, secrets
from edged.doctor.bug_report.scrub import Scrubber
from edged.doctor.distribution import distribution
from edged.doctor.examine import document, examine
from edged.doctor.kernel import kernel
from edged.errors import ConfigError
from edged.runtime.clips.clip import SOUND, read_clip
from edged.runtime.clips.document import to_json
from edged.runtime.health import health

LOG_LINES = 500
LOG_S = 10.0
"""Seconds that the journal gets to answer."""

PACKAGES = frozenset(
    {
        *(
            "numpy",
            "onnx",
            "onnxruntime",
            "sherpa-onnx",
            "sounddevice",
            "soundfile",
            "soxr",
            "pydantic",
            "typer",
        ),
        *(
            "rich",
            "wyoming",
            "prometheus-client",
            "pyopencl",
            "rknn-toolkit-lite2",
            "speexdsp-ns",
            "openwakeword",
        ),
        *("pocl-binary-distribution", "systemd-python", "requests", "urllib3", "pip", "aiohttp", "paho-mqtt"),
    }
)
"""Packages whose versions are told: what edged stands on."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a report."""

    name: str
    content: bytes
    what: str
    """What it is, for the person who sends it."""
    sound: bool = False
    """It is the sound of a home."""


def gather(
    config: Path | None, clips: Sequence[Path], sound: bool, log: Callable[[], str] | None = None
) -> list[Part]:
    """Return every file of a report, by name; all text is free of what is private.

    Args:
        config: the configuration; None for the default.
        clips: folders of clips that go with it.
        sound: with their sound.
        log: returns the log's last lines; None: asks the journal.

    Raises:
        AudioInputError: there is no such clip.
    """
    loaded, problems = _loaded(config)
    scrubber = Scrubber(secrets(config, loaded), private_words())

    def part(name: str, text: str, what: str) -> Part:
        return Part(name, scrubber.clean(text).encode(), what)

    parts = [
        part("versions.json", _json(_versions()), "versions of edged, its libraries, kernel and board"),
        part("doctor.json", _json(document(list(examine(config)))), "what edged doctor finds"),
        part("status.json", _json(_status()), "what a running edged says of itself"),
    ]
    if loaded is not None:
        parts.append(part("config.toml", as_toml(loaded), "the configuration in force, secrets masked"))
    else:
        parts.append(
            part("config-problems.txt", "\n".join(problems) + "\n", "what is wrong with the configuration")
        )
    if trials := _trials():
        parts.append(part("trials.json", trials, "what accelerators answered when they were tried"))
    if lines := (log or journal)():
        parts.append(part("log.txt", lines, f"the last lines of edged's log, {LOG_LINES} at most"))
    for home in clips:
        parts += _clip(home, sound, part)
    return sorted(parts, key=lambda each: each.name)


def journal() -> str:
    """Return the last lines of the service's log, host names left out; empty where it is not readable."""
    program = shutil.which("journalctl")
    if program is None:
        return ""
    command = [
        program,
        "--unit=edged",
        f"--lines={LOG_LINES}",
        "--no-pager",
        "--quiet",
        "--output=json",
        "--utc",
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=LOG_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "".join(line_of(line) for line in done.stdout.splitlines())


def line_of(line: str) -> str:
    """Return one entry of `journalctl --output=json` as a line: time, priority, sentence, fields of edged."""
    from datetime import UTC, datetime

    try:
        entry = json.loads(line)
        at = datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1e6, UTC)
        said = entry["MESSAGE"]
    except (ValueError, KeyError, TypeError, OverflowError):
        return ""
    # a message that is no text comes as a list of its bytes
    text = bytes(cast("list[int]", said)).decode("utf-8", "replace") if isinstance(said, list) else str(said)
    own = " ".join(f"{name}={entry[name]}" for name in sorted(entry) if name.startswith("EDGED_"))
    return f"{at:%Y-%m-%dT%H:%M:%SZ} <{entry.get('PRIORITY', '?')}> {text}{' ' if own else ''}{own}\n"


def _loaded(config: Path | None) -> tuple[Loaded | None, Sequence[str]]:
    try:
        return load(config, secrets=False), ()
    except ConfigError as exc:
        return None, exc.problems


def _versions() -> object:
    found = {str(each.name).lower(): str(each.version) for each in distributions()}
    return {
        "edged": __version__,
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "kernel": platform.release(),
        "distribution": dataclasses.asdict(distribution()),
        "driver": dataclasses.asdict(kernel()),
        "packages": {name: found[name] for name in sorted(PACKAGES & found.keys())},
    }


def _status() -> object:
    found = health()
    said = dataclasses.asdict(found.report) if found.report else None
    return {"health": found.found, "sentence": found.sentence, "report": said}


def _trials() -> str:
    try:
        return (cache_folder() / FILE).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _clip(home: Path, sound: bool, part: Callable[[str, str, str], Part]) -> Iterator[Part]:
    said = read_clip(home)
    what = f"scores and rules of a {said.kind.replace('_', ' ')} of {said.word}, without sound"
    yield part(f"clips/{said.id}/clip.json", to_json(said).decode(), what)
    if sound and said.sound is not None:
        content = (home / SOUND).read_bytes()
        seconds = said.sound.samples / 16_000
        yield Part(f"clips/{said.id}/{SOUND}", content, f"{seconds:.1f} s of SOUND of this home", sound=True)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"
