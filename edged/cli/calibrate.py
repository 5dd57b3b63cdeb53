"""`edged calibrate`: hears what a room scores without the word, and proposes thresholds for a budget."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edged.errors import ConfigError

if TYPE_CHECKING:
    from edged.calibrate.budget import Budget
    from edged.calibrate.session import Session
    from edged.tune.settings import Setting

SOUNDS = (".wav", ".flac", ".ogg", ".mp3")

SHOWN = 3
"""Highest peaks that are shown of each word."""


def calibrate(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="As for `edged run`; default from the file.")] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--from", help="Hear this recording, or all of a folder, instead; may be repeated."),
    ] = None,
    hours: Annotated[
        float, typer.Option(min=0, help="Hours of sound to hear; 0: propose from what was heard before.")
    ] = 24.0,
    budget: Annotated[str, typer.Option(help="False wakes you bear: 1/week, 2/day, 0.5/hour.")] = "1/week",
    positives: Annotated[
        list[str] | None,
        typer.Option(help="WORD=FOLDER with recordings of the word: tells recall; may be repeated."),
    ] = None,
    mine: Annotated[
        list[str] | None,
        typer.Option(help="Leave out peaks of this time, e.g. '2026-11-28 14:02': you said the word."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget all that was heard before.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Ask, then set the thresholds, as `edged tune apply` does.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --apply: do not ask.")] = False,
    record: Annotated[
        Path | None, typer.Option(help="File for what was heard; default in the state folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Listen for hours and propose thresholds. Keeps scores and times, never sound."""
    from edged.calibrate.budget import parse
    from edged.calibrate.record import NAME
    from edged.calibrate.session import Session
    from edged.catalog.places import state_folders
    from edged.config.load import load

    if as_json and apply and not yes:
        raise ConfigError("--apply with --json: nobody can be asked; say --yes as well")
    asked = parse(budget)
    loaded = load(config, overrides={"audio.source": source}, secrets=False)
    names = [word.name for word in loaded.config.heads.word]
    spoken = _spoken(positives or [], names)
    sounds = [sound for file in files or [] for sound in _sounds(file)]
    file = record or state_folders()[0].parent / NAME
    if files is None and hours and not loaded.config.audio.source:
        raise ConfigError(
            "[audio] source is not set: say --source mic:, or --from with recordings, or --hours 0"
        )
    with Session(loaded.config, file, fresh=fresh) as session:
        _hear(session, sounds, 0.0 if files is not None else hours, loaded.config.audio.source)
        for when in mine or []:
            left = sum(heard.leave_out(when) for _, heard in session.words)
            if not left:
                raise ConfigError(f"--mine '{when}': no peak that is kept begins so")
            _told(f"{left} peaks at '{when}' are left out")
        session.keep()
        found = [_word(session, name, asked, spoken.get(name, [])) for name in names]
    if as_json:
        print(json.dumps({"calibrate": str(file), "budget": str(asked), "words": found}))
    else:
        print("\n".join(line for word in found for line in _lines(word)))
    if apply:
        _apply(config, found, asked, yes=yes, quiet=as_json)


def _hear(session: "Session", sounds: list[Path], hours: float, source: str) -> None:
    """Hear what was asked for; a signal ends it, and what was heard is kept."""
    from edged.runtime.signals import Signals

    signals = Signals(hangup=False)
    try:
        known = session.hear_files(sounds, lambda: signals.ends > 0)
        if known:
            _told(f"{len(known)} of {len(sounds)} recordings were heard before and count once")
        if hours > 0:
            _told(f"hearing {source} for {hours:g} h; Ctrl-C ends it and keeps what was heard")
            _told("no sound is kept; do not say the wake word meanwhile, or leave it out with --mine")
            session.hear_source(hours, lambda: signals.ends > 0, _told)
    finally:  # a question must not be deaf to Ctrl-C
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _word(session: "Session", name: str, budget: "Budget", spoken: list[Path]) -> dict[str, Any]:
    from edged.calibrate.proposal import Proposal, propose, recall

    wake, heard = next(pair for pair in session.words if pair[0].rule.word == name)
    now = wake.rule.threshold
    answer = propose(heard.scores, heard.hours, budget, recall_known=bool(spoken))
    word: dict[str, Any] = {
        "word": name,
        "hours": round(heard.hours, 3),
        "peaks": len(heard.peaks),
        "threshold_now": now,
        "over_threshold_now": sum(score >= now for score in heard.scores),
        "highest": [{"score": round(score, 4), "when": when} for score, when in heard.highest[:SHOWN]],
        "proposal": None,
        "why": None,
        "recall": None,
        "recall_now": recall(session.recall(name, spoken, now), len(spoken)) if spoken else None,
    }
    if not isinstance(answer, Proposal):
        return {**word, "why": answer.why}
    proposal = {
        "threshold": answer.threshold,
        "low": round(answer.low, 4),
        "high": round(answer.high, 4),
        "expected": budget.of(answer.rate),
        "at_most": budget.of(answer.rate_high),
        "floored": answer.floored,
    }
    if spoken:
        word["recall"] = recall(session.recall(name, spoken, answer.threshold), len(spoken))
    return {**word, "proposal": proposal}


def _lines(word: dict[str, Any]) -> list[str]:
    from edged.calibrate.proposal import span

    proposal = word["proposal"]
    if proposal is None:
        lines = [f"{word['word']}: no proposal: {word['why']}"]
    else:
        lines = [
            f"{word['word']}: threshold {proposal['threshold']:g}, now {word['threshold_now']:g}",
            f"  false wakes at it: {proposal['expected']} expected, at most {proposal['at_most']} (95 %)",
            f"  the budget is kept at {proposal['low']:.3f} … {proposal['high']:.3f} in 90 of 100 such rooms",
        ]
        if proposal["floored"]:
            lines.append("  the budget would bear a lower one, but below that nothing was measured")
    if word["recall"]:
        lines.append(f"  of your recordings it hears {word['recall']}")
    if word["recall_now"]:
        lines.append(f"  of your recordings the threshold of now hears {word['recall_now']}")
    elif proposal is not None:
        lines.append("  what it costs in words missed is unknown: --positives tells")
    count, now = word["over_threshold_now"], word["threshold_now"]
    lines.append(f"  in {span(word['hours'])} {count} peaks reached the threshold of now, {now:g}")
    lines += [f"  {peak['score']:.3f} at {peak['when']}" for peak in word["highest"]]
    return lines


def _apply(
    config: Path | None, words: list[dict[str, Any]], budget: "Budget", *, yes: bool, quiet: bool
) -> None:
    from edged.tune.apply import Tuning
    from edged.tune.changes import conflicts

    settings = tuple(_setting(word, budget) for word in words if word["proposal"] is not None)
    if not settings:
        _told("nothing to apply")
        return
    tuning = Tuning(config, os.environ)
    step = tuning.plan(settings)
    say = _told if quiet else print
    for line in (*(f"! {each}" for each in conflicts(step.after)), *map(str, step.changes)):
        say(line)
    if not step.changes:
        say("nothing changes")
        return
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError("not applied: nobody can be asked here; say --yes as well")
        if not typer.confirm(f"Write this to {step.overlay}?", default=False):
            say("not applied")
            return
    tuning.take(step)
    say(f"applied: {step.overlay}; take it with: sudo systemctl reload edged; back with: edged tune rollback")


def _setting(word: dict[str, Any], budget: "Budget") -> "Setting":
    from edged.calibrate.proposal import span
    from edged.tune.settings import Setting

    proposal = word["proposal"]
    interval = f"{proposal['low']:.3f} … {proposal['high']:.3f}"
    why = f"{budget}: {interval}; {span(word['hours'])} heard, {word['peaks']} peaks"
    return Setting(("heads", "word", word["word"], "threshold"), proposal["threshold"], why)


def _spoken(texts: list[str], names: list[str]) -> dict[str, list[Path]]:
    """Return the recordings of each word.

    Raises:
        ConfigError: a word is none of the configuration, or there are no recordings.
    """
    found: dict[str, list[Path]] = {}
    for text in texts:
        name, equals, folder = text.partition("=")
        if not equals or name not in names:
            raise ConfigError(f"--positives {text}: must be WORD=FOLDER, the word one of {', '.join(names)}")
        found.setdefault(name, []).extend(_sounds(Path(folder)))
    return found


def _sounds(place: Path) -> list[Path]:
    """Return a recording, or all below a folder.

    Raises:
        ConfigError: there is none.
    """
    if not place.is_dir():
        return [place]
    found = sorted(file for file in place.rglob("*") if file.suffix.lower() in SOUNDS)
    if not found:
        raise ConfigError(f"{place}: no recordings ({', '.join(SOUNDS)}) below it")
    return found


def _told(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
