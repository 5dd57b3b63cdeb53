"""The topics of one box: what is said where, and where it listens. Pure."""

import json
import socket
from dataclasses import dataclass

from edged.config.schema import Mqtt
from edged.messages import (
    Device,
    Event,
    Fallback,
    Final,
    Lost,
    Muted,
    Partial,
    Ready,
    Recovered,
    Stats,
    Unmuted,
    to_json,
)
from edged.stages.sinks.mqtt_outbox import Message

ONLINE, OFFLINE = b"online", b"offline"
"""Payloads of the topic `available`, as Home Assistant expects them by default."""


@dataclass(frozen=True, slots=True)
class Topics:
    """`PREFIX/SITE/…`."""

    root: str

    @property
    def available(self) -> str:
        """`online`, or `offline`, which the broker says itself where edged ends without a word; retained."""
        return f"{self.root}/available"

    @property
    def state(self) -> str:
        """How things are, as `edged status --json` tells it."""
        return f"{self.root}/state"

    @property
    def command(self) -> str:
        """Where orders are taken."""
        return f"{self.root}/command"

    @property
    def reply(self) -> str:
        """What came of them."""
        return f"{self.root}/reply"

    def message(self, event: Event) -> Message:
        """Return the message of an event, on the topic of its kind."""
        return Message(
            f"{self.root}/event/{event.name}",
            json.dumps(to_json(event), ensure_ascii=False).encode(),
            lasting=isinstance(event.body, Final | Lost),
            latest_only=isinstance(event.body, Partial | Stats),
        )


def changes_state(event: Event) -> bool:
    """Return whether the state is to be told anew; the counters of `stats` come once a minute."""
    return isinstance(event.body, Ready | Muted | Unmuted | Device | Fallback | Recovered | Stats)


def site_of(config: Mqtt) -> str:
    """Return what this box is called."""
    if config.site_id:
        return config.site_id
    host = socket.gethostname().partition(".")[0]
    return level(host) or "edged"


def level(text: str) -> str:
    """Return a text as one level of a topic."""
    for mark in "/+#\0":
        text = text.replace(mark, "_")
    return text
