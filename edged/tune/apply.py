"""Puts an overlay in the place of another: checked before and after, and the one before is kept."""

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edged.config.load import DEFAULT_FILE, Loaded, load
from edged.config.overlay import beside
from edged.config.write import replace
from edged.errors import ConfigError, OverlayError
from edged.runtime.models import ModelsInUse
from edged.runtime.words import model_name
from edged.tune.changes import Change, changes
from edged.tune.history import History
from edged.tune.settings import Setting, as_text, merged, settings_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """From one overlay to another, and the configuration before and after."""

    overlay: Path
    text: str
    """What the overlay says then; empty: there is none."""
    before: Loaded
    after: Loaded

    @property
    def changes(self) -> tuple[Change, ...]:
        """What it changes of the effective configuration."""
        return changes(self.before, self.after)


class Tuning:
    """The overlay of one configuration file."""

    def __init__(self, config: Path | None, environ: Mapping[str, str]) -> None:
        """`config`: the user's file; None: the default one."""
        self._config = config
        self._environ = environ
        self.file = beside(config or DEFAULT_FILE)
        self.history = History(self.file)

    def plan(self, new: tuple[Setting, ...]) -> Step:
        """Return the step that adds settings to the overlay, or changes those it has.

        Raises:
            ConfigError: the configuration is broken now, or would be with them.
            ModelError: a model that they name is not there.
        """
        before = self._load(None)
        text = as_text(merged(settings_of(self.file), new))
        return Step(self.file, text, before, self._checked(text, before))

    def back(self, steps: int = 1) -> Step:
        """Return the step that goes back to an overlay of before.

        Raises:
            ConfigError: so many steps are not kept, or the configuration would be broken.
        """
        kept = self.history.steps()
        if not kept:
            raise ConfigError(f"nothing to roll back: nothing was applied to {self.file}")
        if steps > len(kept):
            raise ConfigError(f"only {len(kept)} of {steps} steps are kept in {self.history.folder}")
        text = kept[steps - 1].read_text(encoding="utf-8")
        try:
            before = self._load(None)
        except ConfigError as exc:  # what is broken now is a reason to go back, not against it
            log.info("the configuration is broken now: %s", exc)
            before = self._load("")
        return Step(self.file, text, before, self._load(text))

    def take(self, step: Step) -> None:
        """Put a step in force, and keep what was before.

        Raises:
            OverlayError: it cannot be written.
            ConfigError: what stands there afterwards is broken; the overlay of before is back.
        """
        try:
            self.history.keep()
        except OSError as exc:
            raise self._unwritable(exc) from exc
        try:
            self._put(step.text)
        except OSError as exc:
            with contextlib.suppress(OSError):  # a step that changed nothing
                self.history.forget(1)
            raise self._unwritable(exc) from exc
        try:
            self._load(None)
        except ConfigError:
            self.undo()
            raise

    def undo(self) -> None:
        """Put the overlay of before the last step in force, whatever the configuration is.

        Raises:
            OverlayError: it cannot be written.
        """
        newest = self.history.steps()[0]
        try:
            self._put(newest.read_text(encoding="utf-8"))
            self.history.forget(1)
        except OSError as exc:
            raise self._unwritable(exc) from exc

    def go_back(self, step: Step, steps: int = 1) -> None:
        """Put an overlay of before in force; its step is no step any more.

        Raises:
            OverlayError: it cannot be written.
        """
        try:
            self._put(step.text)
            self.history.forget(steps)
        except OSError as exc:
            raise self._unwritable(exc) from exc

    def _put(self, text: str) -> None:
        if text:
            replace(self.file, text, like=self._config or DEFAULT_FILE)
        else:
            self.file.unlink(missing_ok=True)

    def _load(self, text: str | None) -> Loaded:
        return load(self._config, self._environ, secrets=False, tuned=text)

    def _checked(self, text: str, before: Loaded) -> Loaded:
        """Return the configuration with this overlay; models that it newly names must be there."""
        after = self._load(text)
        old, new = before.config, after.config
        models = ModelsInUse(new.models.dir, new.models.accept_licences)
        if new.features.melspectrogram != old.features.melspectrogram:
            models.get(new.features.melspectrogram, "melspectrogram")
        if new.features.embedding != old.features.embedding:
            models.get(new.features.embedding, "embedding")
        if new.listen.vad != old.listen.vad:
            models.get(new.listen.vad, "vad")
        if new.recognize.enabled and new.recognize.model != old.recognize.model:
            models.get(new.recognize.model, "recognizer")
        if new.models != old.models:
            for word in new.heads.word:
                models.get(model_name(word), "head")
        return after

    def _unwritable(self, exc: OSError) -> OverlayError:
        why = (exc.strerror or str(exc)).lower()
        way_out = "edged's service cannot write there, root can: sudo edged tune; on a system whose /etc is "
        way_out += "read-only, keep edged.toml where it can be written and name it with -c"
        return OverlayError(f"{exc.filename or self.file}: {why}; {way_out}")
