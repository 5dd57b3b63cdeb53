"""What front ends are given: a spool in edged's cache and the pool behind it, both gone at the end."""

import pytest

from edged.config.schema import Config
from edged.runtime.jobs.job import Job, Stopped
from edged.runtime.jobs.open import FOLDER, open_jobs


def test_nothing_runs_before_the_first_recording_and_nothing_is_left_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path))
    with open_jobs(Config()) as (spool, pool):
        path, file = spool.create()
        with file:
            file.write(b"never submitted")
        assert path.is_relative_to(tmp_path / FOLDER)
        assert pool.counters().processes == 0
    assert list((tmp_path / FOLDER).iterdir()) == []
    with pytest.raises(Stopped):
        pool.submit(Job(path), lambda update: None)
