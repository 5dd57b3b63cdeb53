"""`edged tune`: what to set on this machine, measured; applied under your own file, shown and taken back."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edged.errors import ConfigError, OverlayError

if TYPE_CHECKING:
    from edged.config.load import Loaded
    from edged.tune.advise import Finding
    from edged.tune.apply import Step, Tuning

app = typer.Typer(no_args_is_help=True, help="Measure what to set on this machine, apply it, take it back.")

File = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
]
Rounds = Annotated[int, typer.Option(help="Interleaved rounds of each way; 5 at least.")]
Speech = Annotated[
    list[Path] | None,
    typer.Option(help="A recorded command for the recognizer; may be repeated; default noise."),
]
Only = Annotated[
    list[str] | None,
    typer.Option(help="threads, order, precision or placement; may be repeated; default all."),
]
Profile = Annotated[Path | None, typer.Argument(help="TOML file of settings, as `edged tune advise --out`.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command()
def advise(
    config: File = None,
    rounds: Rounds = 7,
    speech: Speech = None,
    only: Only = None,
    out: Annotated[Path | None, typer.Option(help="Write the settings to this file, for `apply`.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure threads, order of backends, precision and placement here; change nothing."""
    from edged.config.load import load
    from edged.config.write import replace
    from edged.tune.settings import as_text

    findings = _findings(load(config, secrets=False), rounds, speech, only)
    settings = [finding.setting for finding in findings if finding.setting is not None]
    if as_json:
        print(
            json.dumps(
                {"tune": "advise", "rounds": rounds, "findings": [_document(each) for each in findings]}
            )
        )
    else:
        print("\n".join(line for finding in findings for line in _lines(finding)))
    if out is not None and not settings:
        print(f"nothing to set, so {out} is not written", file=sys.stderr)
    elif out is not None:
        try:
            replace(out, as_text(settings))
        except OSError as exc:
            raise OverlayError(f"{out}: {(exc.strerror or str(exc)).lower()}") from exc
    elif settings and not as_json:
        print("\n`edged tune apply` measures again and sets these; `--out FILE` keeps them for `apply FILE`")


@app.command()
def apply(
    profile: Profile = None,
    config: File = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Compare with what was before; take it back where worse.")
    ] = False,
    rounds: Rounds = 7,
    speech: Speech = None,
    only: Only = None,
) -> None:
    """Lay settings under your own file: those of a profile, else those that `advise` finds now."""
    from edged.config.load import load
    from edged.tune.apply import Tuning
    from edged.tune.changes import conflicts
    from edged.tune.settings import settings_of

    tuning = Tuning(config, os.environ)
    if profile is not None:
        if not profile.exists():
            raise ConfigError(f"{profile}: no such file")
        new = settings_of(profile)
    else:
        findings = _findings(load(config, secrets=False), rounds, speech, only)
        print("\n".join(line for finding in findings for line in _lines(finding)) + "\n")
        new = tuple(finding.setting for finding in findings if finding.setting is not None)
    if not new:
        print("nothing to apply: everything stays as it is")
        return
    step = tuning.plan(new)
    for conflict in conflicts(step.after):
        print(f"! {conflict}")
    if step.text == tuning.history.now():
        print(f"{step.overlay} says so already")
        return
    tuning.take(step)
    _say_changes(step, f"applied: {step.overlay}")
    if measure:
        _measure(tuning, step, rounds, speech)
    _say_next(step)


@app.command()
def diff(profile: Profile = None, config: File = None) -> None:
    """Show what the overlay changes, or would with a profile, key by key; and what you wrote yourself."""
    from edged.config.load import load
    from edged.tune.apply import Tuning
    from edged.tune.changes import changes, conflicts
    from edged.tune.settings import settings_of

    if profile is not None and not profile.exists():
        raise ConfigError(f"{profile}: no such file")
    tuning = Tuning(config, os.environ)
    if profile is not None:
        step = tuning.plan(settings_of(profile))
        before, after = step.before, step.after
    else:
        before = load(config, os.environ, secrets=False, tuned="")
        after = load(config, os.environ, secrets=False)
        if after.overlay is None:
            print(f"nothing is tuned: there is no {tuning.file}")
            return
    lines = [f"  {change}" for change in changes(before, after)] or ["  nothing changes"]
    print("\n".join([f"{profile or tuning.file}", *lines, *(f"! {each}" for each in conflicts(after))]))


@app.command()
def rollback(
    config: File = None,
    steps: Annotated[int, typer.Option(min=1, help="How many applications to take back.")] = 1,
) -> None:
    """Take the last application back, or several."""
    from edged.tune.apply import Tuning

    tuning = Tuning(config, os.environ)
    step = tuning.back(steps)
    tuning.go_back(step, steps)
    _say_changes(step, f"rolled back: {step.overlay}" + ("" if step.text else " is gone"))
    _say_next(step)


def _findings(
    loaded: "Loaded", rounds: int, speech: list[Path] | None, only: list[str] | None
) -> "tuple[Finding, ...]":
    from edged.tune.advise import KNOBS, advise

    unknown = [name for name in only or () if name not in KNOBS]
    if unknown:
        raise ConfigError(f"--only {unknown[0]}: must be one of {', '.join(KNOBS)}")
    return advise(loaded, rounds, _sounds(speech), only or KNOBS, told=_told)


def _sounds(speech: list[Path] | None) -> tuple[Path, ...]:
    """Return the recordings, each read once: one that cannot be read is told before anything is measured.

    Raises:
        AudioInputError: it is no recording.
    """
    from edged.stages.audio.recording import read_all

    for file in speech or ():
        read_all(file, max_s=25.0)
    return tuple(file.absolute() for file in speech or ())


def _told(sentence: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{sentence}\r")


def _lines(finding: "Finding") -> list[str]:
    from edged.config.show import in_toml

    setting = finding.setting
    advice = f"set it to {in_toml(setting.value)}: {setting.why}" if setting else "stays"
    head = f"{finding.key} = {in_toml(finding.now)}: {advice}"
    if setting and finding.written:
        head += f"\n  ! you wrote it in {finding.written}, which wins: change it there"
    return [head, *(f"  {line}" for line in finding.measured)]


def _document(finding: "Finding") -> dict[str, Any]:
    setting = finding.setting
    return {
        "key": finding.key,
        "now": finding.now,
        "set": setting.value if setting else None,
        "why": setting.why if setting else None,
        "measured": list(finding.measured),
        "written": finding.written or None,
    }


def _measure(tuning: "Tuning", step: "Step", rounds: int, speech: list[Path] | None) -> None:
    """Measure a step that was taken; it is taken back where it is worse or cannot be measured.

    Raises:
        OverlayError: it was taken back.
    """
    from edged.tune.trial import keep_or_go_back

    sounds = _sounds(speech)
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: what nobody measured does not stay
        signal.signal(number, signal.default_int_handler)
    found = keep_or_go_back(tuning, step, rounds, sounds, told=_told)
    for line in found.lines:
        print(f"  measured {line}")
    if found.unmeasured:
        print(f"  not measured, for it changes no speed: {', '.join(found.unmeasured)}")


def _say_changes(step: "Step", head: str) -> None:
    print(
        "\n".join(
            [head, *(f"  {change}" for change in step.changes)]
            if step.changes
            else [head, "  nothing changes"]
        )
    )


def _say_next(step: "Step") -> None:
    if not step.changes:
        return
    live = all(change.live for change in step.changes)
    print(f"a running edged takes it with: sudo systemctl {'reload' if live else 'restart'} edged")
