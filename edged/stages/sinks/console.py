"""Events for a person at a terminal: what it hears, as it hears it."""

import contextlib
import sys
from io import TextIOWrapper
from typing import TextIO

from rich.console import Console
from rich.text import Text

from edged.errors import SinkError, SinkGone
from edged.geometry import SAMPLE_RATE
from edged.messages import (
    Activation,
    Assistant,
    Body,
    Cancelled,
    Device,
    Endpoint,
    Event,
    Fallback,
    Final,
    Gap,
    Listening,
    Lost,
    Muted,
    Partial,
    Ready,
    Recovered,
    Restarted,
    Scores,
    Stats,
    Suppressed,
    Triggered,
    Unmuted,
)

SHOWN = 0.1
"""Scores below this are noise to a reader."""

BAR = 20
"""Characters of a full score bar."""

REASONS = {
    "silence": "silence",
    "no_speech": "nobody spoke",
    "max_length": "longest command reached",
    "gap": "sound was lost",
    "end_of_stream": "end of the recording",
    "shutdown": "edged is stopping",
    "recognizer_behind": "the recognizer cannot keep up",
    "device_lost": "the microphone is gone",
    "stable": "nothing more is understood",
    "stop_word": "stop word",
    "restarted_by_wake": "the wake word again",
    "muted": "muted",
    "told": "told to end",
}

CAUSES = {"follow_up": "without the wake word", "trigger": "as asked"}


class _Console(Console):
    """rich ends the process where nobody reads; here that is for the pipeline to do."""

    def on_broken_pipe(self) -> None:
        with contextlib.suppress(SystemExit):
            super().on_broken_pipe()  # points standard output at /dev/null, for the last flush of Python's
        raise SinkGone("nobody reads standard output any more")


class ConsoleSink:
    """One line per thing worth knowing."""

    name = "console"
    wants_scores = True

    def __init__(self, file: TextIO | None = None) -> None:
        """`file`: where to write, default standard output; what its encoding lacks is shown as `?`."""
        writer: object = file or sys.stdout
        if isinstance(writer, TextIOWrapper):
            writer.reconfigure(errors="replace")
        self._console = _Console(file=file, highlight=False, soft_wrap=True)

    def publish(self, event: Event) -> None:
        try:
            for label, text, style in lines(event.body):
                when = f"{event.sample / SAMPLE_RATE:7.2f} s  "
                self._console.print(Text(f"{when}{label:<11}") + Text(text, style=style))
        except OSError as exc:
            raise SinkError(f"the terminal cannot be written to: {exc.strerror or exc}") from exc

    def close(self) -> None:
        """The terminal stays open."""


def lines(body: Body) -> list[tuple[str, str, str]]:
    """Return (label, text, style) of what a person wants to read of an event; often nothing."""
    match body:
        case Ready():
            return _ready(body)
        case Scores():
            return [
                ("score", f"{word} {value:4.2f} {'█' * round(value * BAR)}", "dim")
                for word, value in body.scores.items()
                if value >= SHOWN
            ]
        case Activation():
            ended = body.end_sample / SAMPLE_RATE
            return [
                (
                    "heard",
                    f"{body.word}: score {body.score:.2f} (threshold {body.threshold:.2f}), "
                    f"word ended at {ended:.2f} s, decided in {body.latency_ms:.1f} ms",
                    "bold green",
                )
            ]
        case Suppressed():
            return [("held back", f"{body.word}: score {body.score:.2f}, {body.reason}", "yellow")]
        case Listening():
            why = "" if body.cause == "wake" else f", {CAUSES[body.cause]}"
            return [("listening", f"from {body.start_sample / SAMPLE_RATE:.2f} s{why}", "cyan")]
        case Partial():
            return [("", f"{body.text} …", "cyan")]
        case Endpoint():
            return [("endpoint", REASONS[body.reason], "cyan")]
        case Final():
            return _final(body)
        case Lost():
            return [("lost", f"no text for this command: {body.reason}", "bold red")]
        case Cancelled():
            return [("cancelled", body.text or REASONS[body.reason], "yellow")]
        case Restarted():
            return [("restarted", f"{body.stage}: {body.reason}", "yellow")]
        case Fallback() | Recovered():
            return [(body.NAME, f"{body.stage}: {body.from_} to {body.to}, {body.reason}", "yellow")]
        case Gap():
            return [("gap", f"{body.samples} samples lost at {body.where}", "yellow")]
        case Device():
            return [("device", f"{body.name} {body.state}: {body.reason}", "yellow")]
        case Muted():
            return [("muted", f"by {body.by}: nothing is heard", "yellow")]
        case Unmuted():
            return [("unmuted", f"by {body.by}: it hears again", "yellow")]
        case Triggered():
            return [("triggered", f"by {body.by}, without a wake word", "bold green")]
        case Assistant():
            return [("assistant", _said(body), "cyan")]
        case Stats():
            return [
                (
                    "summary",
                    f"{body.hops} hops, {body.activations} activations, {body.late_hops} late, "
                    f"{body.gaps} samples lost, {body.cpu_s:.2f} s of processor time{_energy(body)}",
                    "dim",
                )
            ]


def _said(body: Assistant) -> str:
    if body.timer is not None:
        return f"{body.what}: {body.timer.name or body.timer.id}"
    return f"{body.what}: {body.text}" if body.text else body.what


def _ready(body: Ready) -> list[tuple[str, str, str]]:
    ran = f"features on {body.backend.features}, heads on {body.backend.heads}"
    rows = [("ready", f"edged {body.version} hears {', '.join(body.words)}; {ran}", "bold")]
    for model in body.models:
        rows.append(("model", f"{model.name} ({model.kind}), licence {model.licence}", "dim"))
        if model.note:
            rows.append(("note", model.note, "yellow"))
    return rows


def _final(body: Final) -> list[tuple[str, str, str]]:
    m = body.metrics
    latency = f", final {m.latency_ms:.0f} ms after the endpoint" if m.latency_ms is not None else ""
    stages = ", ".join(f"{stage} {ms:.2f}" for stage, ms in m.stages_ms.items())
    sure = f" (confidence {body.confidence:.2f})" if body.confidence is not None else ""
    return [
        ("text", (body.text or "(nothing understood)") + sure, "bold green"),
        (
            "cost",
            f"{m.audio_duration:.2f} s of sound in {m.processing_time * 1e3:.0f} ms of processor time "
            f"on {m.backend} (rtf {m.rtf:.4f}){latency}",
            "dim",
        ),
        ("per hop", f"{stages} ms (median)", "dim"),
        *(("note", note, "yellow") for note in body.notes),
    ]


def _energy(body: Stats) -> str:
    if body.energy_j_per_hour is None:
        return ""
    return f", {body.energy_j_per_hour:.3g} J per hour ({body.energy_source})"
