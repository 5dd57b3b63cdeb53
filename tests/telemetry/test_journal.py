"""journald gets every field as it was, short or long; what it cannot be given is not lost."""

import array
import fcntl
import io
import logging
import os
import socket
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.telemetry import journal
from edged.telemetry.journal import Journal, encode
from edged.telemetry.log import MESSAGE_IDS, JournalHandler, belongs_to_journal


def decode(message: bytes) -> dict[str, str]:
    """Read a message as journald does."""
    fields = {}
    while message:
        line, _, rest = message.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (length,) = struct.unpack_from("<Q", rest)
            value, rest = rest[8 : 8 + length], rest[8 + length + 1 :]
        fields[name.decode()] = value.decode("utf-8", "surrogateescape")
        message = rest
    return fields


class Journald:
    """A socket as journald's."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(path)
        self.sock.settimeout(5)

    def receive(self) -> dict[str, str]:
        data, ancillary, _, _ = self.sock.recvmsg(1 << 20, 256)
        if not ancillary:
            return decode(data)
        (descriptor,) = array.array("i", ancillary[0][2])
        assert data == b""
        assert fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) == journal.SEALS
        with os.fdopen(descriptor, "rb") as file:
            file.seek(0)
            return decode(file.read())


@pytest.fixture
def journald(tmp_path):
    server = Journald(str(tmp_path / "journal"))
    yield server
    server.sock.close()


@pytest.fixture
def handler(journald):
    handler = JournalHandler(Journal(journald.path))
    yield handler
    handler.close()


NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_every_field_is_read_as_it_was_written(fields):
    assert decode(encode(fields)) == fields


@pytest.mark.parametrize("length", [10, 1_000_000])
def test_a_message_arrives_whole_however_long(journald, length):
    sender = Journal(journald.path)
    sender.send({"MESSAGE": "a\nb" * length, "PRIORITY": "4"})
    assert journald.receive() == {"MESSAGE": "a\nb" * length, "PRIORITY": "4"}
    sender.close()


def record(**extra) -> logging.LogRecord:
    return logging.getLogger("edged.test").makeRecord(
        "edged.test", logging.WARNING, "f.py", 7, "%s on %s", ("heads", "cpu"), None, "f", extra
    )


def test_a_record_carries_its_own_fields_and_no_others(journald, handler):
    handler.handle(
        record(EDGED_STAGE="heads", EDGED_N=3, MESSAGE_ID=MESSAGE_IDS["fallback"], stage="x", EDGED_="y z")
    )
    found = journald.receive()
    assert found["MESSAGE"] == "heads on cpu"
    assert found["PRIORITY"] == "4"
    assert (found["EDGED_STAGE"], found["EDGED_N"]) == ("heads", "3")
    assert found["MESSAGE_ID"] == MESSAGE_IDS["fallback"]
    assert found["THREAD_NAME"] == "MainThread"
    assert found["LOGGER"] == "edged.test"
    assert "stage" not in found


def test_a_traceback_follows_the_sentence(journald, handler):
    try:
        raise OSError("gone")
    except OSError:
        said = logging.LogRecord("edged", logging.ERROR, "f.py", 7, "it broke", (), sys.exc_info())
    handler.handle(said)
    message = journald.receive()["MESSAGE"]
    assert message.startswith("it broke\nTraceback ")
    assert message.endswith("OSError: gone")


def test_without_a_journal_the_line_goes_to_stderr_with_its_priority(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", said := io.StringIO())
    handler = JournalHandler(Journal(str(tmp_path / "nobody")))
    handler.handle(record())
    handler.close()
    assert said.getvalue() == "<4>heads on cpu\n"


def test_only_the_stream_that_systemd_connected_belongs_to_the_journal(tmp_path):
    with (tmp_path / "a").open("w") as one, (tmp_path / "b").open("w") as other:
        found = os.fstat(one.fileno())
        environ = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        assert belongs_to_journal(one, environ)
        assert not belongs_to_journal(other, environ)
        assert not belongs_to_journal(one, {})
    assert not belongs_to_journal(None, environ)
    assert not belongs_to_journal(io.StringIO(), environ)


def test_ids_never_change():
    """People's alerts hang on them."""
    assert MESSAGE_IDS == {
        "started": "e47cf2d98ac74c24aea675ad576439b0",
        "fallback": "b74c424fe350401191b15b2471a70009",
        "recovered": "e5fef5370b1f467e90487b3b37c1ca16",
        "device lost": "a6a828e2cd76465aa59f9574b30197ad",
        "device back": "697a89b4f06a4de798194a81f537999d",
        "activation": "e1324fcb2bbb45598ba49c0c835d5823",
        "utterance": "74a3de563f2a4b588f0dd564ba0db7cb",
        "xrun burst": "bbdc5227bc434ff8a3a21c412cd4a1a4",
    }


def test_the_docs_name_every_id():
    page = (Path(__file__).parents[2] / "docs" / "telemetry.md").read_text()
    assert all(f"| {name} | {number} |" in page for name, number in MESSAGE_IDS.items())
