"""One connection to an MQTT broker, from the first packet to the last: the only file that knows paho.

paho's own thread is not used: it has no name, no end of its own and no bound on what it keeps.
"""

import select
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edged.bell import Bell
from edged.config.schema import Mqtt
from edged.errors import SinkError
from edged.stages.sinks.mqtt_outbox import Message
from edged.stages.sinks.mqtt_topics import OFFLINE

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo

CONNECT_S = 1.5
"""Seconds for the network to connect: less than edged waits for a sink when it ends."""

KEEPALIVE_S = 20
"""Seconds after which a broker that says nothing is asked, and as many after which it is gone."""

IN_FLIGHT = 16
"""Messages that wait for the broker's word; more wait with us, where they are bounded."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message from the broker."""

    topic: str
    payload: bytes
    retained: bool
    """The broker kept it: nobody says it now."""


class Link:
    """Used by one thread. `up` from the broker's welcome on, `down` says why it is over."""

    def __init__(self, config: Mqtt, client_id: str, will_topic: str) -> None:
        """Prepare a connection.

        Raises:
            SinkError: the certificates cannot be read.
        """
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        self.up = False
        self.down: str | None = None
        self._config = config
        self._heard: list[Heard] = []
        self._unanswered: deque[tuple[Message, MQTTMessageInfo]] = deque()
        self._client: Client = Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.connect_timeout = CONNECT_S
        self._client.max_inflight_messages_set(2 * IN_FLIGHT)
        self._client.will_set(will_topic, OFFLINE, config.qos, retain=True)
        if config.username:
            self._client.username_pw_set(config.username, config.password or None)
        if config.tls:
            try:
                self._client.tls_set(ca_certs=config.ca or None)  # pyright: ignore[reportUnknownMemberType]
            except (OSError, ValueError) as exc:  # ssl.SSLError is an OSError
                raise SinkError(f"mqtt: ca {config.ca}: no certificates can be read there: {exc}") from exc
        self._client.on_connect = self._welcomed
        self._client.on_disconnect = self._ended
        self._client.on_message = self._received

    def dial(self) -> None:
        """Connect, for seconds at most; the welcome comes in `turn`.

        Raises:
            OSError: it cannot be reached, or is not who it should be.
        """
        self._client.connect(self._config.host, port_of(self._config), KEEPALIVE_S)

    def subscribe(self, topic: str) -> None:
        """Listen to a topic."""
        self._client.subscribe(topic, self._config.qos)

    @property
    def takes_more(self) -> bool:
        """Whether a message given now would go out at once."""
        while self._unanswered and _confirmed(self._unanswered[0][1]):
            self._unanswered.popleft()
        return self.up and not self._client.want_write() and len(self._unanswered) < IN_FLIGHT

    @property
    def idle(self) -> bool:
        """Whether everything given was sent, and answered where the broker answers."""
        return self.takes_more and not self._unanswered

    def publish(self, message: Message) -> None:
        """Give a message; only where it `takes_more`."""
        info = self._client.publish(message.topic, message.payload, self._config.qos, message.retain)
        self._unanswered.append((message, info))

    def turn(self, wait_s: float, bell: Bell) -> list[Heard]:
        """Read and write what there is, after waiting for it or for `bell`; return the messages read."""
        sock: Any = self._client.socket()
        if sock is not None:
            poll = select.poll()  # select.select knows no more than 1024 files
            poll.register(bell, select.POLLIN)
            poll.register(sock, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
            decrypted = self._config.tls and sock.pending() > 0
            ready = dict(poll.poll(0 if decrypted else wait_s * 1e3))
            found = ready.get(sock.fileno(), 0)
            try:
                if decrypted or found & ~select.POLLOUT:
                    self._client.loop_read()
                if found & select.POLLOUT:
                    self._client.loop_write()
                self._client.loop_misc()
            except Exception as exc:  # noqa: BLE001 - paho raises whatever a packet that is none makes of it
                self.down = f"it speaks no MQTT ({type(exc).__name__})"
        elif self.down is None:
            self.down = "the connection was lost"
        heard, self._heard = self._heard, []
        return heard

    def end(self) -> list[Message]:
        """Close the connection; return what the broker never confirmed, oldest first."""
        self._client.disconnect()
        sock: Any = self._client.socket()
        if sock is not None:
            sock.close()
        return [message for message, info in self._unanswered if not _confirmed(info)]

    def _welcomed(self, client: "Client", data: object, flags: object, reason: Any, more: object) -> None:
        if reason.is_failure:
            self.down = f"refused: {str(reason).lower()}"
        else:
            self.up = True

    def _ended(self, client: "Client", data: object, flags: object, reason: Any, more: object) -> None:
        self.up = False
        self.down = self.down or f"the connection was lost: {str(reason).lower()}"

    def _received(self, client: "Client", data: object, message: "MQTTMessage") -> None:
        self._heard.append(Heard(message.topic, bytes(message.payload), bool(message.retain)))


def _confirmed(info: "MQTTMessageInfo") -> bool:
    """Return whether a message got through, as far as its quality tells; asked of a lost one, paho raises."""
    return not info.rc and info.is_published()


def port_of(config: Mqtt) -> int:
    """Return the broker's port."""
    return config.port or (8883 if config.tls else 1883)
