"""From a configuration to what front ends give recordings to: a spool on disk and the pool behind it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from edged.backends.trial_cache import cache_folder
from edged.config.schema import Config
from edged.runtime.jobs.pool import Pool
from edged.runtime.jobs.spool import Spool
from edged.runtime.placement import Placement, placement

FOLDER = "recordings"
"""In the cache folder: on a disk, since /run is memory."""


@contextmanager
def open_jobs(config: Config, folder: Path | None = None) -> Generator[tuple[Spool, Pool]]:
    """Hold a spool and its pool; at the end both are closed and no file is left.

    Args:
        config: what recordings are recognized with.
        folder: of the spools; None: in edged's cache.

    Raises:
        SinkError: the folder cannot be written.
    """
    where = placement(config) or Placement()
    spool = Spool(folder or cache_folder() / FOLDER)
    try:
        pool = Pool(config, where.recognizer | where.others)
        try:
            yield spool, pool
        finally:
            pool.close()
    finally:
        spool.close()
