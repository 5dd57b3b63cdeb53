"""Rhasspy's Hermes protocol for one site: its hotword and its speech-to-text (rhasspy.readthedocs.io).

edged is both services in one. It says `hermes/hotword/WORD/detected` and `hermes/asr/textCaptured`, and obeys
`hermes/hotword/toggleOn|toggleOff` (mute) and `hermes/asr/startListening|stopListening`. A dialogue manager
switches the hotword off while its session runs; edged hears no second wake word during a command anyway, and
muting would cut that command, so this one reason is heard and not obeyed.
"""

import json
from collections import OrderedDict
from typing import Any, cast

from edged.messages import Activation, Endpoint, Event, Final, Listening, Lost
from edged.stages.sinks.mqtt_outbox import Message
from edged.stages.sinks.mqtt_topics import level
from edged.stages.sinks.order import Order

ON, OFF = "hermes/hotword/toggleOn", "hermes/hotword/toggleOff"
START, STOP = "hermes/asr/startListening", "hermes/asr/stopListening"
TOPICS = (ON, OFF, START, STOP)
"""What is listened to."""

SESSION = "dialogueSession"
"""The reason for which a dialogue manager switches the hotword off."""

MOST_SESSIONS = 16
MOST_REASONS = 16
LONGEST_TEXT = 256
"""Characters of a session or a reason that are kept."""


class Hermes:
    """What was agreed with the other services of this site. Used under one lock."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._utterance: int | None = None
        """The command that is listened to."""
        self._next_session: str | None = None
        """Of the command that `startListening` asked for and that is not open yet."""
        self._sessions: OrderedDict[int, tuple[str | None, str | None]] = OrderedDict()
        """Utterance to session and wake word."""
        self._off: set[str] = set()
        """Reasons for which the hotword is off."""

    def said(self, event: Event) -> list[Message]:
        """Return what the other services are told of an event of this box's own microphone."""
        number = event.utterance
        if ":" in event.stream or number is None:
            return []
        session, word = self._sessions.get(number, (None, None))
        match event.body:
            case Activation(word=heard, threshold=threshold):
                self._remember(number, None, heard)
                return [self._detected(heard, threshold)]
            case Listening():
                self._utterance = number
                self._remember(number, self._next_session, word)
                self._next_session = None
            case Endpoint():
                self._utterance = None
            case Final() as body:
                self._sessions.pop(number, None)
                return [self._captured(body, session, word)]
            case Lost(reason=reason):
                self._sessions.pop(number, None)
                error = {"error": reason, "context": None, "siteId": self._site, "sessionId": session}
                return [_message("hermes/error/asr", error, lasting=True)]
            case _:
                pass  # Hermes has no word for it
        return []

    def heard(self, topic: str, payload: bytes) -> Order | None:
        """Return what a message of another service means here; None where it means nothing."""
        said = _object(payload)
        if said is None or said.get("siteId", "default") != self._site:
            return None
        reason, session = _text(said.get("reason")) or "", _text(said.get("sessionId"))
        if topic == OFF and reason != SESSION and len(self._off) < MOST_REASONS:
            self._off.add(reason)
            return Order("mute")
        if topic == ON and reason != SESSION:
            self._off = self._off - {reason} if reason else set()
            return None if self._off else Order("unmute")
        if topic == START and self._utterance is not None:  # it listens already, since the wake word
            self._remember(self._utterance, session, self._sessions.get(self._utterance, (None, None))[1])
        elif topic == START:
            self._next_session = session
            return Order("trigger")
        if topic == STOP and self._utterance is not None:
            return Order("stop")
        return None

    def _remember(self, utterance: int, session: str | None, word: str | None) -> None:
        self._sessions[utterance] = (session, word)
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)

    def _detected(self, word: str, threshold: float) -> Message:
        return _message(
            f"hermes/hotword/{level(word)}/detected",
            {
                "modelId": word,
                "modelVersion": "",
                "modelType": "personal",
                "currentSensitivity": round(1 - threshold, 4),
                "siteId": self._site,
                "sessionId": None,
                "sendAudioCaptured": None,
                "lang": None,
                "customEntities": None,
            },
        )

    def _captured(self, body: Final, session: str | None, word: str | None) -> Message:
        return _message(
            "hermes/asr/textCaptured",
            {
                "text": body.text,
                "likelihood": 1.0 if body.confidence is None else body.confidence,
                "seconds": body.metrics.processing_time,
                "siteId": self._site,
                "sessionId": session,
                "wakewordId": word,
                "asrTokens": None,
                "lang": None,
            },
            lasting=True,
        )


def _message(topic: str, said: dict[str, Any], lasting: bool = False) -> Message:
    return Message(topic, json.dumps(said, ensure_ascii=False).encode(), lasting)


def _object(payload: bytes) -> dict[str, Any] | None:
    try:
        said: object = json.loads(payload) if payload else {}
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", said) if isinstance(said, dict) else None


def _text(value: object) -> str | None:
    """Return a text as far as it can be told again, None where it is none."""
    if not isinstance(value, str):
        return None
    return value[:LONGEST_TEXT].encode("utf-8", "replace").decode()
