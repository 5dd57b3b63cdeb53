"""MQTT against a real broker: told, obeyed, away, back, refused; it is never waited for."""

import json
import logging
import socket
import subprocess
import threading
import time

import pytest

from edged.config.schema import Mqtt
from edged.errors import SinkError
from edged.messages import to_json
from edged.runtime.worker import Worker
from edged.stages.sinks.mqtt import MqttSink
from tests.stages.sinks.broker import Broker, needs_broker
from tests.stages.sinks.clerk import MUTED, Clerk, event, final, gap

pytestmark = needs_broker

ROOT = "edged/kitchen"


class Rig:
    """A sink at work, a desk behind it, and a broker."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.clerk = Clerk()
        self.ahead_s = 0.0
        """Seconds that the sink's clock is ahead of the test's: back-off is not waited for."""
        self._broker: Broker | None = None
        self._running: list[tuple[MqttSink, Worker]] = []
        self._stepped = threading.Condition()

    def broker(self, more: str = "allow_anonymous true\n", start: bool = True) -> Broker:
        self._broker = Broker(self.folder, more)
        if start:
            self._broker.start()
        return self._broker

    def sink(self, **keys) -> MqttSink:
        keys = {
            "host": "127.0.0.1",
            "port": self._broker.port if self._broker else 1,
            "site_id": "kitchen",
            **keys,
        }
        sink = MqttSink(Mqtt(**keys), self.clerk, clock=lambda: time.monotonic() + self.ahead_s)

        def step() -> bool:
            goes_on = sink.step()
            with self._stepped:
                self._stepped.notify_all()
            return goes_on

        worker = Worker("mqtt", step, lambda worker: None)
        self._running.append((sink, worker))
        worker.start()
        return sink

    def until(self, holds) -> None:
        with self._stepped:
            assert self._stepped.wait_for(holds, 30)

    def end(self) -> None:
        for sink, worker in self._running:
            sink.tell_to_stop()
            worker.join(20)
            sink.close()
            assert worker.failure is None
        self._running = []

    def close(self) -> None:
        try:
            self.end()
        finally:
            if self._broker is not None:
                self._broker.close()


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def test_a_broker_hears_every_event_and_how_things_are(rig):
    heard = rig.broker().listen("home/ears/#")
    sink = rig.sink(prefix="home/ears")
    assert heard.until("home/ears/kitchen/available") == "online"
    assert json.loads(heard.until("home/ears/kitchen/state")) == rig.clerk.state
    rig.clerk.state["muted"] = True
    for one in (gap(1), MUTED, final("開燈")):
        sink.publish(one)
    heard.until("home/ears/kitchen/state", "true")
    expected = [json.loads(json.dumps(to_json(one))) for one in (gap(1), MUTED, final("開燈"))]
    assert heard.events("home/ears/kitchen") == expected
    assert "開燈" in heard.until("home/ears/kitchen/event/final")
    rig.end()
    assert heard.until("home/ears/kitchen/available", "offline")


def test_a_box_that_ends_without_a_word_is_offline_all_the_same(rig):
    heard = rig.broker().listen(f"{ROOT}/available")
    sink = rig.sink()
    heard.until(f"{ROOT}/available", "online")
    sink._link._client.socket().shutdown(socket.SHUT_RDWR)
    heard.until(f"{ROOT}/available", "offline")


@pytest.mark.parametrize("qos", [0, 1])
def test_messages_have_the_quality_asked_for(rig, qos):
    heard = rig.broker().listen(f"{ROOT}/event/+")
    sink = rig.sink(qos=qos)
    rig.until(lambda: sink._online)
    sink.publish(gap(1))
    heard.until(f"{ROOT}/event/gap")
    assert heard.marks(f"{ROOT}/event/gap") == [f"q{qos} r0"]


@pytest.mark.parametrize("retain", [True, False])
def test_only_where_asked_for_is_the_state_kept(rig, retain):
    broker = rig.broker()
    early = broker.listen(f"{ROOT}/#")
    sink = rig.sink(retain=retain)
    sink.publish(gap(1))
    early.until(f"{ROOT}/state")
    late = broker.listen(f"{ROOT}/#")
    assert late.until(f"{ROOT}/available") == "online"
    sink.publish(gap(2))
    late.until(f"{ROOT}/event/gap", '"samples": 2')
    assert (f"{ROOT}/state" in dict(late.heard)) is retain
    assert [one["samples"] for one in late.events(ROOT)] == [2]  # events are never kept


def test_orders_are_taken_and_answered(rig):
    broker = rig.broker()
    heard = broker.listen(f"{ROOT}/reply")
    rig.sink()
    rig.until(lambda: rig._running[0][0]._online)
    broker.say(f"{ROOT}/command", "mute")
    assert json.loads(heard.until(f"{ROOT}/reply"))["reply"] == "mute"
    broker.say(f"{ROOT}/command", '{"command": "status", "id": 5}')
    assert json.loads(heard.until(f"{ROOT}/reply", '"id": 5'))["status"] == rig.clerk.state
    broker.say(f"{ROOT}/command", "sing")
    heard.until(f"{ROOT}/reply", "not a JSON object such as")
    broker.say(f"{ROOT}/command", "x" * 5000)
    heard.until(f"{ROOT}/reply", "longer than 4096 bytes")
    broker.say(f"{ROOT}/command", '{"command": "subscribe", "scores": true}')
    heard.until(f"{ROOT}/reply", "over MQTT every event is sent, and no scores")
    assert rig.clerk.taken == [("mute", "mqtt"), ("status", "mqtt")]


def test_an_order_that_the_broker_kept_is_not_obeyed_at_each_start(rig, caplog):
    broker = rig.broker()
    broker.say(f"{ROOT}/command", "mute", "-r")
    heard = broker.listen(f"{ROOT}/reply")
    rig.sink()
    rig.until(lambda: "a retained message on" in caplog.text)
    broker.say(f"{ROOT}/command", "unmute")
    heard.until(f"{ROOT}/reply", "unmute")
    assert [name for name, _ in rig.clerk.taken] == ["unmute"]


@pytest.mark.parametrize("kill", [False, True], ids=["ended", "killed"])
def test_what_was_said_while_the_broker_was_away_comes_once_it_is_back_and_nothing_else_does(rig, kill):
    broker = rig.broker()
    sink = rig.sink()
    rig.until(lambda: sink._online)
    broker.stop(kill)
    rig.until(lambda: not sink._online)
    for n in range(3):
        sink.publish(gap(n))
        sink.publish(final(f"text {n}", utterance=n))
    broker.start()
    heard = broker.listen(f"{ROOT}/#")
    rig.ahead_s += 40  # past the pause; texts are kept for longer
    for n in range(3):
        heard.until(f"{ROOT}/event/final", f"text {n}")
    sink.publish(gap(9))
    heard.until(f"{ROOT}/event/gap")
    assert [one["event"] for one in heard.events(ROOT)] == ["final", "final", "final", "gap"]
    assert sink.dropped == 3


def test_a_broker_that_is_not_there_is_told_once_and_ends_nothing(rig, caplog):
    caplog.set_level(logging.INFO)
    broker = rig.broker(start=False)
    sink = rig.sink()
    rig.until(lambda: sink._failed)
    for _ in range(3):
        failed = sink._failed
        rig.ahead_s += 40
        rig.until(lambda failed=failed: sink._failed > failed)
    assert [message for message in caplog.messages if "mqtt" in message] == [
        f"mqtt: broker 127.0.0.1:{broker.port}: connection refused; trying again, first in 1 s"
    ]
    broker.start()
    rig.ahead_s += 40
    rig.until(lambda: sink._online)
    assert "mqtt: connected to 127.0.0.1" in caplog.messages


def test_a_name_that_nobody_has_is_told(rig, caplog):
    rig.sink(host="no..such..host")
    rig.until(lambda: "no name of a host" in caplog.text)


def test_a_broker_that_takes_the_connection_and_says_nothing_is_left(rig, caplog):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        sink = rig.sink(port=mute.getsockname()[1])
        rig.until(lambda: sink._link is not None)
        rig.ahead_s += 11
        rig.until(lambda: "no answer within 10 s" in caplog.text)
        rig.end()


def test_a_broker_that_asks_for_a_password_gets_it(rig, caplog):
    passwords = rig.folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "ear", "s3cret"], check=True, timeout=20)
    broker = rig.broker(f"allow_anonymous false\npassword_file {passwords}\n")
    heard = broker.listen(f"{ROOT}/#", options=("-u", "ear", "-P", "s3cret"))
    rig.sink(username="ear", password="s3cret")
    heard.until(f"{ROOT}/available", "online")
    rig.end()
    rig.sink(username="ear", password="wrong")
    rig.until(lambda: "refused: not authorized" in caplog.text)
    assert "wrong" not in caplog.text


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """An authority, a broker it vouches for as localhost, and another authority."""
    folder = tmp_path_factory.mktemp("certificates")

    def make(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, timeout=60, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for name in ("ca", "other"):
        make("req", "-x509", *key, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
    make("req", *key, "-keyout", "broker.key", "-out", "broker.csr", "-subj", "/CN=localhost")
    (folder / "san").write_text("subjectAltName=DNS:localhost\n")
    make("x509", "-req", "-in", "broker.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
         "-out", "broker.pem", "-extfile", "san")  # fmt: skip
    return folder


# paho lets go of a socket whose handshake failed without closing it; Python closes it at once, and says so
@pytest.mark.filterwarnings(
    "ignore:.*unclosed <ssl.SSLSocket", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_over_tls_the_broker_has_to_prove_who_it_is(rig, certificates, caplog):
    caplog.set_level(logging.INFO)
    broker = rig.broker(
        f"allow_anonymous true\ncertfile {certificates}/broker.pem\nkeyfile {certificates}/broker.key\n"
    )
    sink = rig.sink(host="localhost", tls=True, ca=str(certificates / "ca.pem"))
    rig.until(lambda: sink._online)
    for n in range(50):  # more than one record: what TLS has decrypted already must not wait
        sink.publish(final(f"text {n}"))
    rig.until(lambda: not len(sink._outbox))
    rig.end()
    rig.sink(host="localhost", tls=True, ca=str(certificates / "other.pem"))
    rig.until(
        lambda: any(
            "its certificate does not fit: unable to get local issuer" in message
            for message in caplog.messages
        )
    )
    rig.end()
    rig.sink(host="127.0.0.1", tls=True, ca=str(certificates / "ca.pem"))
    rig.until(
        lambda: any("certificate is not valid for '127.0.0.1'" in message for message in caplog.messages)
    )
    assert broker.port


def test_certificates_that_cannot_be_read_are_said_at_once(rig, tmp_path):
    with pytest.raises(SinkError, match=r"mqtt: ca /nowhere\.pem: no certificates can be read there"):
        MqttSink(Mqtt(host="localhost", tls=True, ca="/nowhere.pem"), Clerk())
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(SinkError, match="no certificates can be read there"):
        MqttSink(Mqtt(host="localhost", tls=True, ca=str(tmp_path / "ca.pem")), Clerk())


def test_rhasspys_services_are_told_and_obeyed_where_asked_for(rig):
    broker = rig.broker()
    heard = broker.listen("hermes/#", f"{ROOT}/#")
    sink = rig.sink(hermes=True)
    rig.until(lambda: sink._online)
    broker.say("hermes/hotword/toggleOff", '{"siteId": "kitchen", "reason": "ttsSay"}')
    broker.say("hermes/hotword/toggleOff", '{"siteId": "bedroom", "reason": "ttsSay"}')
    broker.say("hermes/hotword/toggleOn", '{"siteId": "kitchen", "reason": "ttsSay"}')
    rig.until(lambda: len(rig.clerk.taken) == 2)
    assert rig.clerk.taken == [("mute", "hermes"), ("unmute", "hermes")]
    sink.publish(final("turn on the light"))
    assert json.loads(heard.until("hermes/asr/textCaptured"))["text"] == "turn on the light"
    rig.end()
    plain = rig.sink()
    rig.until(lambda: plain._online)
    broker.say("hermes/hotword/toggleOff", '{"siteId": "kitchen"}')
    plain.publish(event(final("off").body, utterance=2))
    heard.until(f"{ROOT}/event/final", "off")
    assert len(rig.clerk.taken) == 2
    assert sum(topic == "hermes/asr/textCaptured" for topic, _ in heard.heard) == 1


def test_more_than_a_slow_broker_takes_waits_in_bounds_and_loses_nothing_that_fits(rig):
    heard = rig.broker("allow_anonymous true\nmax_inflight_messages 1\n").listen(f"{ROOT}/event/final")
    sink = rig.sink()
    rig.until(lambda: sink._online)
    for n in range(200):
        sink.publish(final(f"text {n}."))
    heard.until(f"{ROOT}/event/final", "text 199.")
    assert [one["text"] for one in heard.events(ROOT)] == [f"text {n}." for n in range(200)]
    assert sink.dropped == 0


@pytest.mark.parametrize(
    "said",
    [b"\x20\x02\x00\x00\x30\x05\x00\x02\xff\xfeX", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00\x05"],
    ids=["a topic that is no UTF-8", "another protocol", "no welcome"],
)
def test_a_broker_that_talks_nonsense_is_left_and_called_again(rig, caplog, said):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        rig.sink(port=server.getsockname()[1])
        caller, _ = server.accept()
        with caller:
            assert caller.recv(4096)[:1] == b"\x10"
            caller.sendall(said)
            rig.until(lambda: "trying again" in caplog.text)
        server.accept()[0].close()
        rig.end()
