"""How many false wakes somebody bears: `1/week`."""

import re
from dataclasses import dataclass

from edged.errors import ConfigError

HOURS = {"hour": 1, "day": 24, "week": 168, "month": 730}

FORM = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:/|per|a|an)\s*([a-z]+?)s?\s*")


@dataclass(frozen=True, slots=True)
class Budget:
    """False wakes per time."""

    count: float
    per: str
    """`hour`, `day`, `week` or `month`."""

    @property
    def per_hour(self) -> float:
        """False wakes per hour."""
        return self.count / HOURS[self.per]

    def __str__(self) -> str:
        return f"{self.count:g}/{self.per}"

    def of(self, per_hour: float) -> str:
        """Return a rate as this budget counts: `0.4/week`."""
        return f"{per_hour * HOURS[self.per]:.2g}/{self.per}"


def parse(text: str) -> Budget:
    """Return the budget that a text means.

    Raises:
        ConfigError: it means none.
    """
    match = FORM.fullmatch(text.lower())
    if match is None or match[2] not in HOURS or not float(match[1]):
        raise ConfigError(f"budget {text!r}: must be a number per {', '.join(HOURS)}, e.g. 1/week")
    return Budget(float(match[1]), match[2])
