"""What all checks know: the configuration in force, the machine, and who runs edged there."""

from dataclasses import dataclass
from pathlib import Path

from edged.config.load import DEFAULT_FILE, Loaded, load
from edged.config.schema import Config
from edged.doctor.accounts import SERVICE_USER, Account, account, current, with_service_groups
from edged.doctor.distribution import Distribution, distribution
from edged.doctor.kernel import Kernel, kernel
from edged.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Case:
    """One machine, one configuration."""

    file: Path
    """The configuration that was named, or the default; it need not exist."""
    loaded: Loaded | None
    """None where the configuration is wrong."""
    problems: tuple[str, ...]
    """What is wrong with it."""
    distribution: Distribution
    kernel: Kernel
    me: Account
    """Who asks."""
    service: Account | None
    """The service's user, as the unit starts it; None where there is none."""

    @property
    def config(self) -> Config:
        """What is in force; the defaults where the configuration is wrong, so that the rest can be seen."""
        return self.loaded.config if self.loaded else Config()

    @property
    def runs_as(self) -> Account:
        """Who edged runs as here."""
        return self.service or self.me


def take(file: Path | None) -> Case:
    """Return the case of this machine."""
    loaded, problems = None, ()
    try:
        loaded = load(file)
    except ConfigError as exc:
        problems = exc.problems
    service = account(SERVICE_USER)
    return Case(
        file or DEFAULT_FILE,
        loaded,
        tuple(problems),
        distribution(),
        kernel(),
        current(),
        with_service_groups(service) if service else None,
    )
