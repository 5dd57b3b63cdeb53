"""Counts the bytes asked of the device, before they are asked for."""

import threading

from edged.backends.opencl.driver import PROVIDER
from edged.errors import ProviderUnavailable

MEGABYTE = 1_000_000


class Memory:
    """What is held of a limit; shared by all streams of a backend."""

    def __init__(self, limit_mb: int) -> None:
        self.limit = limit_mb * MEGABYTE
        self._held = 0
        self._lock = threading.Lock()

    @property
    def held(self) -> int:
        """Bytes held now."""
        return self._held

    def take(self, size: int, what: str) -> None:
        """Count bytes that are about to be allocated.

        Raises:
            ProviderUnavailable: they would not fit.
        """
        with self._lock:
            if self._held + size > self.limit:
                raise ProviderUnavailable(
                    PROVIDER,
                    f"{what}: {size / MEGABYTE:.2f} MB on top of {self._held / MEGABYTE:.2f} MB are more than"
                    f" features.mem_limit_mb = {self.limit // MEGABYTE}",
                )
            self._held += size

    def give_back(self, size: int) -> None:
        """Count bytes that were given back."""
        with self._lock:
            self._held -= size
