"""Log lines: to journald with fields where systemd runs edged, as text to stderr everywhere else.

A line of code says `log.warning("…", extra={"EDGED_STAGE": "features"})`: fields named EDGED_… and MESSAGE_ID
go to the journal as they are, nothing else of `extra` does.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from edged.telemetry.journal import Journal

FORMAT = "%(levelname)s %(name)s: %(message)s"

MESSAGE_IDS: Mapping[str, str] = {
    "started": "e47cf2d98ac74c24aea675ad576439b0",
    "fallback": "b74c424fe350401191b15b2471a70009",
    "recovered": "e5fef5370b1f467e90487b3b37c1ca16",
    "device lost": "a6a828e2cd76465aa59f9574b30197ad",
    "device back": "697a89b4f06a4de798194a81f537999d",
    "activation": "e1324fcb2bbb45598ba49c0c835d5823",
    "utterance": "74a3de563f2a4b588f0dd564ba0db7cb",
    "xrun burst": "bbdc5227bc434ff8a3a21c412cd4a1a4",
}
"""What people alert on, each with an id that never changes: `journalctl MESSAGE_ID=…`."""

PRIORITIES = (
    (logging.CRITICAL, "2"),
    (logging.ERROR, "3"),
    (logging.WARNING, "4"),
    (logging.INFO, "6"),
    (logging.NOTSET, "7"),
)
"""Level of Python's to syslog's priority, highest first."""


def set_up_logging(level: int = logging.INFO) -> None:
    """Send log lines where they belong: called once, by a command, before anything is logged."""
    handler: logging.Handler
    if belongs_to_journal(sys.stderr):
        handler = JournalHandler(Journal())
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.basicConfig(level=level, handlers=[handler])


def belongs_to_journal(stream: TextIO | None, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a stream is the one that systemd connected to the journal, as systemd.exec(5) has it.

    A shell below the service that sends it elsewhere still has the variable; hence device and inode.
    """
    try:
        if stream is None:
            return False
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def fields_of(record: logging.LogRecord, message: str) -> dict[str, str]:
    """Return the journal's fields of a record; `message` is its text."""
    priority = next(number for level, number in PRIORITIES if record.levelno >= level)
    fields = {
        "MESSAGE": message,
        "PRIORITY": priority,
        "SYSLOG_IDENTIFIER": "edged",
        "LOGGER": record.name,
        "THREAD_NAME": record.threadName or "",
        "CODE_FILE": record.pathname,
        "CODE_LINE": str(record.lineno),
        "CODE_FUNC": record.funcName or "",
    }
    own: dict[str, Any] = record.__dict__
    return fields | {
        name: str(value)
        for name, value in own.items()
        if name == "MESSAGE_ID" or (name.startswith("EDGED_") and name.replace("_", "").isalnum())
    }


class JournalHandler(logging.Handler):
    """Sends records to journald; what it does not take goes to stderr, which systemd reads as well."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        try:
            fields = fields_of(record, self._text(record))
        except Exception:  # noqa: BLE001 - a bad log call of any kind is told, and never ends what it tells of
            self.handleError(record)
            return
        try:
            self._journal.send(fields)
        except OSError:
            first = fields["MESSAGE"].replace("\n", " | ")
            with contextlib.suppress(OSError):
                sys.stderr.write(f"<{fields['PRIORITY']}>{first}\n")  # sd-daemon(3): the priority of a line

    def close(self) -> None:
        self._journal.close()
        super().close()

    def _text(self, record: logging.LogRecord) -> str:
        """Return the sentence alone: level and logger are fields. A traceback follows it."""
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + logging.Formatter().formatException(record.exc_info)
        return text
