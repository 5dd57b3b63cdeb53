"""The ten newest overlays of before, beside the one in force: what `edged tune rollback` goes back to."""

from pathlib import Path

from edged.config.write import replace

KEPT = 10
"""Steps that can be taken back."""


class History:
    """Numbered files in a folder beside an overlay; an empty one: there was no overlay."""

    def __init__(self, overlay: Path) -> None:
        self.folder = overlay.with_name(f"{overlay.stem}.history")
        self._overlay = overlay

    def steps(self) -> list[Path]:
        """Return the files, the newest first."""
        found = (file for file in self.folder.glob("*.toml") if file.stem.isdecimal())
        return sorted(found, key=lambda file: int(file.stem), reverse=True)

    def keep(self) -> None:
        """Remember the overlay as it is now; the oldest step beyond `KEPT` is forgotten.

        Raises:
            OSError: it cannot be written.
        """
        self.folder.mkdir(mode=0o755, exist_ok=True)
        steps = self.steps()
        number = int(steps[0].stem) + 1 if steps else 1
        replace(self.folder / f"{number}.toml", self.now(), like=self._overlay)
        for old in steps[KEPT - 1 :]:
            old.unlink()

    def forget(self, count: int) -> None:
        """Forget the newest steps: they were gone back to.

        Raises:
            OSError: the folder cannot be written.
        """
        for step in self.steps()[:count]:
            step.unlink()

    def now(self) -> str:
        """Return the overlay as it is, empty where there is none."""
        try:
            return self._overlay.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
