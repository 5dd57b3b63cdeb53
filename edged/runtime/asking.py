"""One order to the edged that runs on this machine, over its unix socket."""

import json
import socket
from typing import Any, BinaryIO, cast

from edged.errors import CommandRefused
from edged.runtime.health import health
from edged.stages.sinks.order import Name

PATIENCE_S = 5.0
"""Seconds to be answered in."""

LONGEST_LINE = 1 << 20
"""Bytes; how things are has some thousand."""


def socket_of_running() -> str:
    """Return where the running edged takes orders.

    Raises:
        CommandRefused: none runs, or it takes none.
    """
    found = health()
    if found.report is None or found.found in ("dead", "stuck"):
        raise CommandRefused(found.sentence)
    if not found.report.socket:
        way_out = 'set [sinks.socket] path = "/run/edged/edged.sock" and restart it'
        raise CommandRefused(f"the running edged takes no commands: {way_out}")
    return found.report.socket


def ask(path: str, name: Name) -> dict[str, Any]:
    """Give an order and return the answer.

    Raises:
        CommandRefused: nobody answers, or the answer is no; then it says why.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(PATIENCE_S)
        try:
            sock.connect(path)
            sock.sendall(json.dumps({"command": name}).encode() + b"\n")
            with sock.makefile("rb") as lines:
                answer = _answer(lines)
        except TimeoutError as exc:
            raise CommandRefused(f"{path}: no answer within {PATIENCE_S:g} s") from exc
        except (OSError, ValueError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "something else than edged answers there"
            raise CommandRefused(f"{path}: {(reason or str(exc)).lower()}") from exc
    if answer is None:
        raise CommandRefused(f"{path}: closed without an answer")
    if not answer.get("ok"):
        raise CommandRefused(str(answer.get("error")))
    return answer


def _answer(lines: BinaryIO) -> dict[str, Any] | None:
    """Return the first answer among snapshot and events, None where the connection ends before it.

    Raises:
        ValueError: a line is no JSON.
    """
    while line := lines.readline(LONGEST_LINE):
        said: object = json.loads(line)
        if isinstance(said, dict) and "reply" in said:
            return cast("dict[str, Any]", said)
    return None
