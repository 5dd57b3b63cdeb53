"""Events as log lines: the one place that says which events a person who reads the log wants to know.

What was said in the room is never in them.
"""

import logging
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from edged.geometry import SAMPLE_RATE
from edged.messages import (
    Activation,
    Cancelled,
    Device,
    Event,
    Fallback,
    Final,
    Gap,
    Lost,
    Muted,
    Ready,
    Recovered,
    Restarted,
    Triggered,
    Unmuted,
)
from edged.telemetry.log import MESSAGE_IDS

log = logging.getLogger("edged.events")

BURST_S = 10.0
"""Seconds in which losses of sound make one line."""


class LogSink:
    """One line per event worth knowing, with its fields for the journal."""

    name = "log"
    wants_scores = False

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: float | None = None
        self._untold = 0
        self._untold_samples = 0
        self._newest_gap: Event | None = None

    def publish(self, event: Event) -> None:
        if self._told is not None and self._clock() - self._told >= BURST_S:
            self._tell_burst()
        match event.body:
            case Ready() as body:
                on = f"features on {body.backend.features}, heads on {body.backend.heads}"
                words = ", ".join(body.words)
                self._say(event, f"edged {body.version} hears {words}; {on}", "started")
            case Activation() as body:
                fields = {"WORD": body.word, "SCORE": body.score, **_clip(body)}
                said = f"heard {body.word}: score {body.score:.2f}, decided in {body.latency_ms:.1f} ms"
                self._say(event, said + _named(body), "activation", fields=fields)
            case Final() as body:
                self._say_final(event, body)
            case Lost(reason=reason) as body:
                said = f"no text for a command: {reason}{_named(body)}"
                self._say(event, said, level=logging.ERROR, fields=_clip(body))
            case Fallback() as body:
                said = f"{body.stage}: {body.from_} failed, now on {body.to} ({body.reason})"
                self._say(event, said, "fallback", logging.WARNING, _move(body))
            case Recovered() as body:
                said = f"{body.stage}: back on {body.to} from {body.from_} ({body.reason})"
                self._say(event, said, "recovered", fields=_move(body))
            case Cancelled(reason="stop_word" | "restarted_by_wake" as reason):
                self._say(event, f"a command was cancelled: {reason.replace('_', ' ')}")
            case Restarted(stage=stage, reason=reason):
                self._say(
                    event,
                    f"{stage}: started again ({reason})",
                    level=logging.WARNING,
                    fields={"STAGE": stage},
                )
            case Device(state="lost", name=name, reason=reason):
                said = f"the microphone {name} is gone: {reason}"
                self._say(event, said, "device lost", logging.WARNING, {"MICROPHONE": name})
            case Device(name=name, reason=reason):
                self._say(
                    event,
                    f"the microphone {name} is back: {reason}",
                    "device back",
                    fields={"MICROPHONE": name},
                )
            case Muted(by=by):
                self._say(event, f"muted by {by}: nothing is heard until it is unmuted")
            case Unmuted(by=by):
                self._say(event, f"unmuted by {by}: it hears again")
            case Triggered(by=by):
                self._say(event, f"told by {by} to listen without a wake word")
            case Gap() as body:
                self._untold += 1
                self._untold_samples += body.samples
                self._newest_gap = event
                if self._told is None or self._clock() - self._told >= BURST_S:
                    self._tell_burst()
            case _:
                pass  # not worth a line

    def close(self) -> None:
        """Say what was lost and not told yet."""
        self._tell_burst()

    def _say_final(self, event: Event, body: Final) -> None:
        m = body.metrics
        energy = f", {m.energy_j:.3g} J ({m.energy_source})" if m.energy_j is not None else ""
        understood = "a text" if body.text else "nothing understood"
        said = f"a command of {m.audio_duration:.1f} s: {understood}, rtf {m.rtf:.3f}{energy}"
        fields: dict[str, object] = {"AUDIO_S": m.audio_duration, "RTF": m.rtf, "LATENCY_MS": m.latency_ms}
        self._say(event, said, "utterance", fields={k: v for k, v in fields.items() if v is not None})

    def _tell_burst(self) -> None:
        """Say what was lost since the last such line."""
        gap = self._newest_gap
        if gap is None or not isinstance(gap.body, Gap):
            return
        times = "once" if self._untold == 1 else f"{self._untold} times"
        said = f"sound was lost {times}, {self._untold_samples / SAMPLE_RATE:.2f} s, at {gap.body.where}"
        fields = {"SAMPLES": self._untold_samples, "COUNT": self._untold, "WHERE": gap.body.where}
        self._say(gap, said, "xrun burst", logging.WARNING, fields)
        self._told, self._untold, self._untold_samples = self._clock(), 0, 0
        self._newest_gap = None

    def _say(
        self,
        event: Event,
        text: str,
        kind: str | None = None,
        level: int = logging.INFO,
        fields: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        extra: dict[str, object] = {"EDGED_STREAM": event.stream, "EDGED_SAMPLE": event.sample}
        if event.utterance is not None:
            extra["EDGED_UTTERANCE"] = event.utterance
        if kind is not None:
            extra |= {"MESSAGE_ID": MESSAGE_IDS[kind], "EDGED_EVENT": event.name}
        log.log(level, "%s", text, extra=extra | {f"EDGED_{name}": value for name, value in fields.items()})


def _clip(body: Activation | Lost) -> dict[str, str]:
    return {} if body.clip is None else {"CLIP": body.clip}


def _named(body: Activation | Lost) -> str:
    """Return the clip that explains it, as the end of a sentence."""
    return "" if body.clip is None else f"; clip {body.clip}"


def _move(body: Fallback | Recovered) -> dict[str, str]:
    return {"STAGE": body.stage, "FROM": body.from_, "PROVIDER": body.to, "REASON": body.reason}
