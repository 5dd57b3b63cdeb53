"""Where clips lie: with the state of the service, or of the user."""

import os
from pathlib import Path

SYSTEM = Path("/var/lib/edged/clips")


def clips_folder(configured: Path | None) -> Path:
    """Return the folder of clips.

    configured: `clips.dir`; None: under systemd its state folder, for root the service's, else XDG's.
    """
    if configured is not None:
        return configured.expanduser().absolute()
    managed = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if managed:
        return Path(managed) / "clips"
    named = Path(os.environ.get("XDG_STATE_HOME", ""))
    if os.geteuid() == 0 and not named.is_absolute():
        return SYSTEM
    return (named if named.is_absolute() else Path("~/.local/state").expanduser()) / "edged" / "clips"
