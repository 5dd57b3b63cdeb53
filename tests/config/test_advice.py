"""What is allowed and yet hardly meant."""

import pytest

from edged.config.advice import advice
from edged.config.schema import Config, Recognize, Serve


@pytest.mark.parametrize(
    ("workers", "threads", "cores", "said"),
    [(4, 4, 8, "2 fit"), (4, 2, 8, None), (2, 2, 4, None), (2, 2, 3, "1 fit"), (1, 8, 4, None)],
)
def test_more_threads_than_cores_for_recordings_are_told(workers, threads, cores, said):
    config = Config(serve=Serve(workers=workers), recognize=Recognize(threads=threads))
    found = list(advice(config, cores))
    assert len(found) == (said is not None)
    assert not found or (said in found[0] and f"workers: {workers} processes" in found[0])
