"""Takes clips from the path and writes them on a thread of its own, as far as disk and quota allow."""

import logging
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from edged.config.schema import ClipKind, Clips
from edged.errors import EdgedError, StageStalled
from edged.runtime.clips.document import MadeBy
from edged.runtime.clips.kept import Kept, written
from edged.runtime.clips.lost import LostCommands
from edged.runtime.clips.place import clips_folder
from edged.runtime.clips.store import Store
from edged.runtime.mailbox import Closed, Mailbox
from edged.runtime.worker import Worker

log = logging.getLogger(__name__)

DEPTH = 16
"""Clips that wait for the disk; more are refused and counted, since an event has promised those that wait."""

SLOW_S = 60.0
"""Seconds one clip may take to be written before its thread counts as hanging, which is told and no more."""

IDLE_S = 20.0
"""Seconds that its thread sleeps while there is nothing to write."""

AGE_EVERY_S = 3600.0
"""Seconds between two looks for clips that are too old."""

MEGABYTE = 10**6
DAY_S = 86_400.0


class Keeper:
    """Keeps the clips of a run. `offer`, `name` and `commands` are for any thread and return at once."""

    def __init__(
        self,
        settings: Clips,
        made_by: MadeBy,
        on_end: Callable[[Worker], None] = lambda worker: None,
        store: Store | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Prepare; nothing is written before `start`.

        Args:
            settings: table [clips].
            made_by: what runs.
            on_end: told when the thread ends.
            store: where clips go; None: the folder that the settings name.
            clock: monotonic seconds.
            wall: the time of day.
        """
        self.settings = settings
        self.made_by = made_by
        self.store = Store(clips_folder(settings.dir)) if store is None else store
        self.box: Mailbox[Kept] = Mailbox("clips", DEPTH, full="refuse")
        self.worker = Worker("clips", self._step, on_end, deadline_s=SLOW_S, vital=False)
        self.commands = LostCommands(self._keep_lost)
        self._clock, self._wall = clock, wall
        self._cleaned = False
        self._looked_s = float("-inf")
        self._trouble = ""

    @property
    def has_room(self) -> bool:
        """Whether one more would be taken."""
        return len(self.box) < DEPTH

    def start(self) -> None:
        """Begin to write."""
        self.worker.start()

    def obey(self, settings: Clips, made_by: MadeBy) -> None:
        """Go by other settings, all but `dir`, from the next clip on."""
        self.settings, self.made_by = settings, made_by
        self._looked_s = float("-inf")
        if not settings.enabled:
            self.commands.forget()

    def name(self, kind: ClipKind) -> tuple[str, str]:
        """Return the id of a new clip, and its time as events tell it."""
        now = self._wall()
        millis = now.microsecond // 1000
        id = f"{now:%Y%m%dT%H%M%S}.{millis:03d}Z-{kind}-{secrets.token_hex(3)}"
        return id, now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def refuse(self) -> None:
        """Count a clip that was not taken down."""
        self.box.dropped += 1

    def offer(self, kept: Kept) -> None:
        """Hand a clip over; where the disk is too slow it is refused, counted and, the first time, told."""
        if self.box.put(kept) is not None and self.box.dropped == 1:
            log.warning("clips: the disk is too slow: clips are being dropped, first %s", kept.id)

    def lost(self, stream: str, utterance: int, reason: str) -> str | None:
        """Take a command that gets no text; return the id of its clip, None where it is not kept."""
        if not self.settings.enabled or "lost" not in self.settings.kinds or not self.has_room:
            return None
        return self.commands.lost(stream, utterance, reason, partial(self.name, "lost"))

    def close(self, timeout_s: float = 3.0) -> None:
        """Write what waits, and end; a disk that hangs is told."""
        self.box.close()
        try:
            self.worker.join(timeout_s)
        except StageStalled as exc:
            log.error("%s: %d clips were not written", exc, len(self.box))  # noqa: TRY400 - it says it all

    def _keep_lost(self, **fields: Any) -> None:
        self.offer(Kept(made_by=self.made_by, **fields))

    def _step(self) -> bool:
        self._trying(self._tend)
        try:
            kept = self.box.get(timeout_s=IDLE_S)
        except Closed:
            return False
        if kept is not None:
            self._trying(partial(self._write, kept))
        return True

    def _trying(self, work: Callable[[], None]) -> None:
        """Do something with the disk; what is in the way is said once."""
        try:
            work()
        except OSError as exc:
            self._complain(f"{exc.filename or self.store.folder}: {(exc.strerror or str(exc)).lower()}")
        except EdgedError as exc:
            self._complain(str(exc))

    def _tend(self) -> None:
        """Clear away what a crash left; once an hour, also while clips are off, delete what is too old."""
        if self.settings.enabled and not self._cleaned:
            self.store.clean()
            self._cleaned = True
        if self._clock() - self._looked_s >= AGE_EVERY_S and self.store.folder.is_dir():
            self._looked_s = self._clock()
            self.store.expire(self._wall(), self.settings.max_age_days * DAY_S)
            self.store.make_room(self.settings.quota_mb * MEGABYTE)

    def _write(self, kept: Kept) -> None:
        document, sound = written(kept)
        if not self.store.put(document, sound, self.settings.quota_mb * MEGABYTE):
            self._complain(f"{kept.id} alone is larger than clips.quota_mb = {self.settings.quota_mb}")
        elif self._trouble:
            self._trouble = ""
            log.warning("clips are kept again in %s", self.store.folder)

    def _complain(self, what: str) -> None:
        if not self._trouble:
            log.warning("clips are not kept: %s; wakes go on without", what)
        self._trouble = what
