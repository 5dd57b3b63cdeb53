"""Events and orders over an MQTT broker that may be away for as long as it likes."""

import json
import logging
import ssl
import threading
import time
from collections.abc import Callable

from edged.bell import Bell
from edged.config.schema import Mqtt
from edged.errors import SinkError
from edged.messages import Event
from edged.stages.sinks.hermes import TOPICS, Hermes
from edged.stages.sinks.mqtt_link import Heard, Link, port_of
from edged.stages.sinks.mqtt_outbox import Message, Outbox
from edged.stages.sinks.mqtt_topics import OFFLINE, ONLINE, Topics, changes_state, site_of
from edged.stages.sinks.order import LONGEST, Answer, Desk, Order, understood

log = logging.getLogger(__name__)

BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Pauses between two tries to connect, seconds; the last one repeats."""

WELCOME_S = 10.0
"""Seconds that a broker gets to answer a connection."""

WAIT_S = 1.0
"""Longest wait of one step."""

FAREWELL_S = 1.0
"""Seconds to send what waits, and that this box goes offline."""


class MqttSink:
    """Talks to the broker on the thread that calls `step`; `publish` comes from another."""

    name = "mqtt"
    wants_scores = False
    deadline_s = 60.0
    """A name that nobody answers for takes the resolver half a minute."""

    def __init__(self, config: Mqtt, desk: Desk, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare; the broker is called by the first step, since it may be away.

        Raises:
            SinkError: the certificates cannot be read.
        """
        self._config = config
        self._desk = desk
        self._clock = clock
        self._site = site_of(config)
        self._topics = Topics(f"{config.prefix}/{self._site}")
        self._hermes = Hermes(self._site) if config.hermes else None
        self._lock = threading.Lock()  # the outbox and what Hermes remembers
        self._outbox = Outbox()
        self._online = False
        self._state_due = False
        self._link: Link | None = None
        self._fresh: Link | None = self._new_link()  # here, where a bad certificate ends the start
        self._bell = Bell()
        self._dialled_at = 0.0
        self._next = clock()
        self._failed = 0
        self._told = ""
        self._until: float | None = None
        """When the farewell has to be over; None while the run goes on."""
        self._bidding = False

    @property
    def dropped(self) -> int:
        """Messages that were never sent."""
        return self._outbox.dropped

    def publish(self, event: Event) -> None:
        """Let an event wait for the broker."""
        now = self._clock()
        with self._lock:
            messages = [self._topics.message(event)]
            if self._hermes is not None:
                messages += self._hermes.said(event)
            for message in messages:
                self._outbox.put(message, now, self._online)
            self._state_due = self._state_due or changes_state(event)
        self._wake()

    def step(self) -> bool:
        """Do what there is to do with the broker, wait for at most a second; False at the end."""
        now = self._clock()
        if self._link is not None:
            return self._converse(self._link, now)
        if self._until is not None:
            return False
        if now >= self._next:
            self._dial(now)
        else:
            self._bell.wait(min(WAIT_S, self._next - now))
        return True

    def tell_to_stop(self) -> None:
        """Send what waits within a second, say that this box goes offline, end; from any thread."""
        self._until = self._clock() + FAREWELL_S
        self._wake()

    def close(self) -> None:
        """Let go of everything; no step may be running."""
        if self._link is not None:
            self._lose(self._link, self._clock())
        if len(self._outbox):
            log.warning("mqtt: %d messages were not sent any more", len(self._outbox))
            self._outbox = Outbox()
        with self._lock:
            self._bell.close()

    def _new_link(self) -> Link:
        return Link(self._config, f"edged-{self._site}", self._topics.available)

    def _dial(self, now: float) -> None:
        try:
            link, self._fresh = self._fresh or self._new_link(), None
            link.dial()
        except (OSError, UnicodeError) as exc:  # no such name, refused, a certificate that does not fit
            self._try_later(_reason(exc))
        except SinkError as exc:  # the file of certificates went away meanwhile
            self._try_later(str(exc))
        else:
            self._link, self._dialled_at = link, now

    def _converse(self, link: Link, now: float) -> bool:
        """Move messages in both directions; wait where there are none."""
        was_up = link.up
        if link.up:
            self._hand_over(link, now)
            if self._until is not None and self._farewell_is_over(link, now):
                self._lose(link, now)
                return False
        elif self._until is not None:
            return False
        heard = link.turn(0.05 if self._until is not None else WAIT_S, self._bell)
        self._bell.hush()
        if link.up and not was_up:
            self._greet(link)
        for message in heard:
            self._obey(message)
        if not link.up and link.down is None and now - self._dialled_at > WELCOME_S:
            link.down = f"no answer within {WELCOME_S:g} s"
        if link.down is not None:
            self._lose(link, now)
            self._try_later(link.down)
        return True

    def _greet(self, link: Link) -> None:
        """The broker let us in: say so, listen, tell how things are."""
        link.subscribe(self._topics.command)
        for topic in TOPICS if self._hermes is not None else ():
            link.subscribe(topic)
        link.publish(Message(self._topics.available, ONLINE, retain=True))
        with self._lock:
            self._online = self._state_due = True
        if self._failed:
            log.info("mqtt: connected to %s", self._config.host)
        self._failed, self._told = 0, ""

    def _hand_over(self, link: Link, now: float) -> None:
        while link.takes_more and (message := self._next_message(now)) is not None:
            link.publish(message)

    def _next_message(self, now: float) -> Message | None:
        """Return what is to be sent next; how things are comes after the events that changed it."""
        with self._lock:
            message = self._outbox.take(now)
            if message is not None or not self._state_due:
                return message
            self._state_due = False
        state = json.dumps(self._desk.report(), ensure_ascii=False).encode()
        return Message(self._topics.state, state, retain=self._config.retain)

    def _farewell_is_over(self, link: Link, now: float) -> bool:
        if self._until is not None and now >= self._until:
            return True
        if len(self._outbox) or not link.idle:
            return False
        if not self._bidding:
            self._bidding = True
            link.publish(Message(self._topics.available, OFFLINE, retain=True))
            return False
        return True

    def _obey(self, heard: Heard) -> None:
        if heard.retained:  # somebody's old wish must not mute the box at each start
            log.warning("mqtt: a retained message on %s is not obeyed", heard.topic)
        elif heard.topic == self._topics.command:
            self._take(heard.payload)
        elif self._hermes is not None and len(heard.payload) <= LONGEST:
            with self._lock:
                order = self._hermes.heard(heard.topic, heard.payload)
            if order is not None:
                self._desk.take(order, "hermes", _ignore)

    def _take(self, payload: bytes) -> None:
        order = (
            understood(payload)
            if len(payload) <= LONGEST
            else Answer(None, error=f"longer than {LONGEST} bytes")
        )
        match order:
            case Answer():
                self._reply(order)
            case Order(name="subscribe"):
                self._reply(Answer(order.name, order.id, "over MQTT every event is sent, and no scores"))
            case _:
                self._desk.take(order, "mqtt", self._reply)

    def _reply(self, answer: Answer) -> None:
        with self._lock:
            message = Message(self._topics.reply, answer.line.rstrip())
            self._outbox.put(message, self._clock(), self._online)
        self._wake()

    def _lose(self, link: Link, now: float) -> None:
        self._link = None
        unsent = link.end()
        with self._lock:
            self._online = False
            self._outbox.put_back([message for message in unsent if not message.retain], now)

    def _try_later(self, why: str) -> None:
        pause_s = BACK_OFF_S[min(self._failed, len(BACK_OFF_S) - 1)]
        if why != self._told:
            place = f"{self._config.host}:{port_of(self._config)}"
            log.warning("mqtt: broker %s: %s; trying again, first in %g s", place, why, pause_s)
        self._told = why
        self._failed += 1
        self._next = self._clock() + pause_s  # not from the beginning of the step, which may have waited

    def _wake(self) -> None:
        with self._lock:  # its descriptor may be another's once it is closed
            self._bell.ring()


def _reason(exc: OSError | UnicodeError) -> str:
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"its certificate does not fit: {exc.verify_message}"
    if isinstance(exc, UnicodeError):
        return "no name of a host"
    return (exc.strerror or str(exc)).lower()


def _ignore(answer: Answer) -> None:
    """Hermes has no word for what came of a wish."""
