"""Where models are looked for, and where pulled ones go."""

import importlib.util
import os
from pathlib import Path

SYSTEM = Path("/var/lib/edged/models")


def state_folders() -> list[Path]:
    """Return where pulled models live; the first is where `edged models pull` puts them.

    Under systemd its state folder alone. Elsewhere the user's data folder (XDG) and the system's,
    for root, whose models are the daemon's, the other way round.
    """
    managed = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if managed:
        return [Path(managed) / "models"]
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    data = named if named.is_absolute() else Path("~/.local/share").expanduser()
    user = data / "edged" / "models"
    if os.geteuid() == 0 and not named.is_absolute():
        return [SYSTEM, user]
    return [user, SYSTEM]


def package_folder(package: str = "openwakeword") -> Path | None:
    """Return the models of an installed openwakeword package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "resources" / "models"


def shipped_folder() -> Path | None:
    """Return the models that come with edged: inside the wheel, beside the package in a checkout."""
    package = Path(__file__).parents[1]
    if (package / "shipped").is_dir():
        return package / "shipped"
    checkout = package.parent
    return checkout / "models" if (checkout / "pyproject.toml").is_file() else None


def places(models_dir: Path | None = None) -> list[Path]:
    """Return the folders that are searched, first hit wins; they need not exist.

    models_dir: `models.dir` of the configuration.
    """
    first = [] if models_dir is None else [models_dir.expanduser().absolute()]
    rest = [place for place in (package_folder(), shipped_folder()) if place is not None]
    return list(dict.fromkeys(first + state_folders() + rest))


def destination(models_dir: Path | None = None) -> Path:
    """Return where `edged models pull` puts models."""
    return state_folders()[0] if models_dir is None else models_dir.expanduser().absolute()
