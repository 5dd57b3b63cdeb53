"""What to set on this machine, each with the measurement behind it; nothing where nothing was measured."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edged.config.keys import Place, dotted
from edged.config.load import Loaded
from edged.config.schema import Config
from edged.runtime.placement import placement
from edged.tune.contest import Ask, Way, against, best, contest, in_words, order_of
from edged.tune.question import Part, Question, ask
from edged.tune.settings import Setting

KNOBS = ("threads", "order", "precision", "placement")

MOST_THREADS = 4
"""Threads beyond which nothing is tried: the fast cores of a board."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One key, and the ways that are tried."""

    place: Place
    now: str
    """Name of the way that is in force."""
    ways: Mapping[str, tuple[Any, Question]]
    """By name: the value that it stands for, None for one that no key asks for."""
    ranked: bool = False
    """The value is the order of all that ran."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was measured of one key."""

    key: str
    now: Any
    setting: Setting | None
    """What to set; None: it stays as it is."""
    measured: tuple[str, ...]
    """A line per way."""
    written: str = ""
    """Where the user wrote this key, so that a setting has no effect; empty: nowhere."""


def advise(
    loaded: Loaded,
    rounds: int,
    sounds: Sequence[Path] = (),
    only: Sequence[str] = KNOBS,
    asked: Ask = ask,
    told: Callable[[str], object] = lambda sentence: None,
) -> tuple[Finding, ...]:
    """Measure and return what was found of each key.

    Args:
        loaded: the configuration in force.
        rounds: of each way, in turn.
        sounds: commands for the recognizer; none: noise.
        only: which of `KNOBS`.
        asked: measures.
        told: hears what goes on.

    Raises:
        ConfigError: too few rounds.
    """
    found: list[Finding] = []
    for group in only:
        for knob in _KNOBS[group](loaded.config, tuple(sounds)):
            if isinstance(knob, Finding):
                found.append(knob)
                continue
            questions = {name: question for name, (_, question) in knob.ways.items()}
            ways = contest(
                questions, rounds, asked, lambda said, knob=knob: told(f"{dotted(knob.place)}: {said}")
            )
            found.append(_finding(knob, ways, loaded))
    return tuple(found)


def _finding(knob: Knob, ways: Mapping[str, Way], loaded: Loaded) -> Finding:
    values = {name: value for name, (value, _) in knob.ways.items()}
    setting: Setting | None = None
    if knob.ranked:
        order = order_of(ways, list(knob.ways))
        now = [name for name in knob.ways if name in order]
        if order != now and order:
            rest = [name for name in knob.ways if name not in order]
            found = against(ways[order[0]], ways[now[0]])
            why = in_words(found, now[0]) if found else ", ".join(f"{name} ran" for name in order)
            setting = Setting(knob.place, [*order, *rest], f"{order[0]}: {why}")
        current: Any = list(knob.ways)
    else:
        settable = {name: way for name, way in ways.items() if values[name] is not None}
        winner = best(settable, knob.now)
        if winner != knob.now and (found := against(ways[winner], ways[knob.now])):
            setting = Setting(knob.place, values[winner], in_words(found, knob.now))
        current = values[knob.now]
    origin = loaded.origins.get(dotted(knob.place), "default")
    overlay = str(loaded.overlay.file) if loaded.overlay else ""
    mine = (
        origin == "default" or origin.startswith("boards/") or (overlay and origin.startswith(f"{overlay}:"))
    )
    lines = tuple(_line(name, way, ways, knob.now) for name, way in ways.items())
    return Finding(dotted(knob.place), current, setting, lines, "" if mine else origin)


def _line(name: str, way: Way, ways: Mapping[str, Way], now: str) -> str:
    if way.why:
        return f"{name}: not measured: {way.why}"
    found = against(way, ways[now]) if name != now and now in ways else None
    compared = in_words(found, now) if found else f"n = {len(way.answers)}"
    return f"{name}: {compared}; {way.wall_ms:.2f} ms; ran {way.answers[-1].ran}"


def _with(config: Config, values: Mapping[Place, Any]) -> Config:
    """Return a configuration with other values."""
    for (table, key), value in values.items():
        section: Any = getattr(config, str(table))
        config = config.model_copy(update={str(table): section.model_copy(update={str(key): value})})
    return config


def _knob(
    config: Config,
    place: Place,
    values: Mapping[str, Any],
    now: str,
    part: Part,
    sounds: tuple[Path, ...] = (),
) -> Knob:
    ways = {
        name: (value, Question(_with(config, {place: value}), part, sounds)) for name, value in values.items()
    }
    return Knob(place, now, ways)


def _threads(config: Config, sounds: tuple[Path, ...]) -> Iterator[Knob | Finding]:
    most = min(MOST_THREADS, len(os.sched_getaffinity(0)))
    if config.recognize.enabled:
        now = config.recognize.threads
        counts = {str(count): count for count in sorted({*range(1, most + 1), now})}
        yield _knob(config, ("recognize", "threads"), counts, str(now), "recognizer", sounds)
    else:
        yield Finding(
            "recognize.threads", config.recognize.threads, None, ("not measured: recognize.enabled is off",)
        )
    now = config.features.threads
    on_cpu = _with(config, {("features", "backend"): "cpu", ("heads", "backend"): "cpu"})
    counts = {str(count): count for count in sorted({1, 2, most, now} if most > 1 else {1, now})}
    knob = _knob(on_cpu, ("features", "threads"), counts, str(now), "path")
    side_by_side = f"{MOST_THREADS} and 2 operators side by side"
    yield Knob(
        knob.place,
        knob.now,
        {**knob.ways, side_by_side: (None, Question(on_cpu, "path", parallel=MOST_THREADS))},
    )


def _order(config: Config, _sounds: tuple[Path, ...]) -> Iterator[Knob | Finding]:
    for stage, other in (("features", "heads"), ("heads", "features")):
        asked: Any = getattr(config, stage)
        if asked.backend != "auto":
            why = f'not measured: {stage}.backend = "{asked.backend}" asks for no order'
            yield Finding(f"{stage}.order", list(asked.order), None, (why,))
            continue
        ways = {
            name: (
                name,
                Question(
                    _with(
                        config, {(stage, "backend"): name, (stage, "fallback"): (), (other, "backend"): "cpu"}
                    ),
                    "path",
                ),
            )
            for name in asked.order
        }
        yield Knob((stage, "order"), asked.order[0] if asked.order else "", ways, ranked=True)


def _precision(config: Config, _sounds: tuple[Path, ...]) -> Iterator[Knob | Finding]:
    if config.features.backend not in ("auto", "opencl") or "opencl" not in config.features.order:
        why = "not measured: `opencl`, whose precision it is, is not asked for"
        yield Finding("features.precision", config.features.precision, None, (why,))
        return
    on_gpu = _with(config, {("features", "backend"): "opencl", ("features", "fallback"): ()})
    values = {"fp32": "fp32", "fp16": "fp16"}
    yield _knob(on_gpu, ("features", "precision"), values, config.features.precision, "path")


def _placement(config: Config, _sounds: tuple[Path, ...]) -> Iterator[Knob | Finding]:
    if placement(_with(config, {("service", "placement"): "auto"})) is None:
        why = "not measured: the CPUs that edged may use are all alike, or nobody tells how fast they are"
        yield Finding("service.placement", config.service.placement, None, (why,))
        return
    values = {"auto": "auto", "off": "off"}
    yield _knob(config, ("service", "placement"), values, config.service.placement, "path")


_KNOBS: Mapping[str, Callable[[Config, tuple[Path, ...]], Iterator[Knob | Finding]]] = {
    "threads": _threads,
    "order": _order,
    "precision": _precision,
    "placement": _placement,
}
