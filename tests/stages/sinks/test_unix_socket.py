"""The unix socket: how things are, then what happens; orders answered; bad clients cost nobody anything."""

import contextlib
import errno
import gc
import json
import os
import random
import socket
import stat
import threading
from pathlib import Path

import pytest

from edged.errors import SinkError
from edged.messages import to_json
from edged.runtime.worker import Worker
from edged.stages.sinks.order import LONGEST, Answer
from edged.stages.sinks.socket_client import WAITING
from edged.stages.sinks.unix_socket import CLIENTS, SocketSink
from tests.stages.sinks.clerk import MUTED, Clerk, final, gap, scores
from tests.stages.sinks.test_order import malformed

MALFORMED = 5_000


class Caller:
    """A client of the socket."""

    def __init__(self, path: str) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(path)
        self.lines = self.sock.makefile("rb")

    def hear(self) -> dict:
        line = self.lines.readline()
        if not line:
            raise EOFError
        return json.loads(line)

    def ask(self, **order) -> dict:
        return self.say(json.dumps(order).encode() + b"\n")

    def say(self, line: bytes) -> dict:
        """Send and return the next answer, events left aside."""
        self.sock.sendall(line)
        while "reply" not in (said := self.hear()):
            pass
        return said

    def close(self) -> None:
        self.lines.close()
        self.sock.close()


class Rig:
    """A socket that is served, and a desk behind it."""

    def __init__(self, folder) -> None:
        self.path = str(folder / "edged.sock")
        self.clerk = Clerk()
        self.sink = SocketSink(self.path, self.clerk)
        self._callers: list[Caller] = []
        self._stepped = threading.Condition()
        self.worker = Worker("socket", self._step, lambda worker: None)
        self.worker.start()

    def _step(self) -> bool:
        goes_on = self.sink.step()
        with self._stepped:
            self._stepped.notify_all()
        return goes_on

    def call(self) -> Caller:
        """Connect and hear the snapshot."""
        caller = Caller(self.path)
        self._callers.append(caller)
        assert caller.hear() == {"snapshot": self.clerk.state}
        return caller

    def until(self, holds) -> None:
        """Wait for a step after which something holds."""
        with self._stepped:
            assert self._stepped.wait_for(holds, 20)

    def close(self) -> None:
        self.sink.tell_to_stop()
        self.worker.join(20)
        self.sink.close()
        for caller in self._callers:
            caller.close()
        assert self.worker.failure is None


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def test_who_connects_hears_how_things_are_and_then_every_event_but_scores(rig):
    one, other = rig.call(), rig.call()
    for n in range(3):
        rig.sink.publish(gap(n))
        rig.sink.publish(scores(n))
    for caller in (one, other):
        assert [caller.hear() for _ in range(3)] == [to_json(gap(n)) for n in range(3)]


def test_text_outside_ascii_stays_readable(rig):
    caller = rig.call()
    rig.sink.publish(final("開燈"))
    assert "開燈" in caller.lines.readline().decode()


def test_scores_come_to_who_asked_for_them_until_it_has_enough(rig):
    asking, other = rig.call(), rig.call()
    assert not rig.sink.wants_scores
    assert asking.ask(command="subscribe", scores=True) == {
        "reply": "subscribe", "id": None, "ok": True, "error": None,
    }  # fmt: skip
    assert rig.sink.wants_scores
    rig.sink.publish(scores(1))
    rig.sink.publish(gap(2))
    assert [asking.hear()["event"] for _ in range(2)] == ["scores", "gap"]
    assert other.hear()["event"] == "gap"
    asking.ask(command="subscribe")
    assert not rig.sink.wants_scores


def test_the_wish_for_scores_ends_with_its_client(rig):
    asking = rig.call()
    asking.ask(command="subscribe", scores=True)
    asking.close()
    rig.until(lambda: not rig.sink.wants_scores)


def test_orders_reach_the_desk_and_answers_carry_their_id(rig):
    caller = rig.call()
    assert caller.ask(command="mute", id="a")["id"] == "a"
    assert caller.ask(command="status", id=2)["status"] == rig.clerk.state
    assert caller.say(b"trigger\n")["reply"] == "trigger"
    rig.clerk.refuses = "it is muted; unmute it first"
    assert caller.ask(command="trigger") == {
        "reply": "trigger", "id": None, "ok": False, "error": "it is muted; unmute it first",
    }  # fmt: skip
    assert [name for name, _ in rig.clerk.taken] == ["mute", "status", "trigger", "trigger"]
    assert {by for _, by in rig.clerk.taken} == {"socket"}


def test_an_answer_that_takes_its_time_holds_up_nobody_and_comes_all_the_same(rig):
    waiting, other = rig.call(), rig.call()
    waiting.sock.sendall(b'{"command": "reload", "id": 9}\n')
    assert other.ask(command="mute")["ok"]
    rig.until(lambda: rig.clerk.later)
    rig.clerk.later[0](Answer("reload", 9, more={"now": ["heads"], "later": []}))
    assert waiting.hear() == {
        "reply": "reload", "id": 9, "ok": True, "error": None, "now": ["heads"], "later": [],
    }  # fmt: skip


def test_an_answer_for_a_client_that_left_is_dropped(rig):
    waiting = rig.call()
    waiting.sock.sendall(b"reload\n")
    rig.until(lambda: rig.clerk.later)
    waiting.close()
    rig.until(lambda: rig.sink.clients == 0)
    rig.clerk.later[0](Answer("reload"))
    assert rig.call().ask(command="mute")["ok"]


def test_a_bad_line_is_answered_and_the_next_one_is_understood(rig):
    caller = rig.call()
    assert "did you mean 'mute'" in caller.ask(command="mutee")["error"]
    assert caller.say(b"x" * (LONGEST + 1) + b"\n")["error"] == f"longer than {LONGEST} bytes"
    assert caller.say(b"\n\n\x00\xff\n")["error"] == "not UTF-8 text"
    assert caller.ask(command="mute")["ok"]


def test_who_only_says_one_thing_and_shuts_its_side_is_answered_and_goes_on_hearing(rig):
    caller = rig.call()
    caller.sock.sendall(b"status")  # no line end: it is the last there is
    caller.sock.shutdown(socket.SHUT_WR)
    assert caller.hear()["reply"] == "status"
    rig.sink.publish(MUTED)
    assert caller.hear()["event"] == "muted"
    caller.close()
    rig.until(lambda: rig.sink.clients == 0)


def test_a_client_that_does_not_read_is_dropped_and_counted_and_the_others_miss_nothing(rig):
    lazy, good = rig.call(), rig.call()
    lazy.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sent = 0
    while not rig.sink.dropped:
        rig.sink.publish(gap(sent))
        assert good.hear()["samples"] == sent
        sent += 1
        assert sent < 100 * WAITING
    rig.until(lambda: rig.sink.clients == 1)
    with pytest.raises((EOFError, ConnectionResetError)):
        while True:
            lazy.hear()


def test_one_client_too_many_is_told_so_and_a_place_becomes_free_with_the_first_that_leaves(rig):
    callers = [rig.call() for _ in range(CLIENTS)]
    late = Caller(rig.path)
    assert late.hear()["error"] == f"{CLIENTS} clients are connected already"
    with pytest.raises(EOFError):
        late.hear()
    late.close()
    assert rig.sink.refused == 1
    callers[3].close()
    rig.until(lambda: rig.sink.clients == CLIENTS - 1)
    rig.call()


def test_malformed_messages_cost_no_file_and_no_other_client_anything(rig):
    dice = random.Random(9)
    good = rig.call()
    rig.until(lambda: rig.sink.clients == 1)
    gc.collect()
    files = len(list(Path("/proc/self/fd").iterdir()))
    said = 0
    while said < MALFORMED:
        caller = rig.call()
        batch = [malformed(dice).replace(b"\n", b"") for _ in range(40)]
        said += len(batch)
        # the client goes away in mid-line, half-closed, with answers unread or read
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            caller.sock.sendall(b"\n".join(batch))
            if dice.random() < 0.3:
                caller.sock.shutdown(socket.SHUT_WR)
            for _ in range(dice.randrange(10)):
                caller.lines.readline()
        caller.close()
        if dice.random() < 0.1:
            assert good.ask(command="status", id=said)["id"] == said
    rig.until(lambda: rig.sink.clients == 1)
    assert good.ask(command="mute")["ok"]
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) <= files


def test_the_last_event_is_still_told_when_edged_ends(rig):
    caller = rig.call()
    rig.sink.publish(gap(7))
    rig.sink.tell_to_stop()
    assert caller.hear()["samples"] == 7


def test_the_file_is_for_owner_and_group_and_goes_with_the_sink(tmp_path):
    path = tmp_path / "edged.sock"
    sink = SocketSink(str(path), Clerk())
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    sink.close()
    sink.close()
    assert not path.exists()


def test_a_socket_that_a_crash_left_behind_is_replaced(tmp_path):
    path = tmp_path / "edged.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    SocketSink(str(path), Clerk()).close()


@pytest.mark.parametrize("backlog", [0, 8])
def test_a_socket_on_which_somebody_listens_stays_whether_it_answers_or_not(tmp_path, backlog):
    path = tmp_path / "edged.sock"
    waiting = []
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(path))
        living.listen(backlog)
        if not backlog:  # its queue is full
            for _ in range(4):
                one = socket.socket(socket.AF_UNIX)
                one.setblocking(False)
                waiting.append(one)
                with contextlib.suppress(BlockingIOError):
                    one.connect(str(path))
        with pytest.raises(SinkError, match="another program listens on"):
            SocketSink(str(path), Clerk())
        assert path.exists()
        for one in waiting:
            one.close()


def test_a_file_that_is_no_socket_is_left_alone(tmp_path):
    path = tmp_path / "edged.sock"
    path.write_text("mine")
    with pytest.raises(SinkError, match="is no socket; remove it, or name another path"):
        SocketSink(str(path), Clerk())
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SinkError, match=r"cannot listen on .*nowhere/s: No such file"):
        SocketSink(str(tmp_path / "nowhere" / "s"), Clerk())


def test_without_a_file_descriptor_left_it_waits_a_while_and_goes_on(tmp_path):
    now = 0.0
    sink = SocketSink(str(tmp_path / "s"), Clerk(), clock=lambda: now)
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(tmp_path / "s"))
        kept = []
        try:
            while True:
                kept.append(os.dup(0))
        except OSError as exc:
            assert exc.errno == errno.EMFILE
        sink.step()
        for file in kept:
            os.close(file)
        sink.step()
        assert sink.clients == 0
        now = 1.5
        sink.step()
        sink.step()
        assert sink.clients == 1
    sink.close()
