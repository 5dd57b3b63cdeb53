"""A request that is none is a line for who looks for it; a fault of ours is an error with its stack."""

import logging

from aiohttp.http import HttpProcessingError

from edged.serve.http_log import HttpLog


def test_whose_fault_it_is_decides_how_loud_it_is_told(caplog):
    caplog.set_level(logging.DEBUG)
    HttpLog().exception("from %s", "x", exc_info=HttpProcessingError(message="bad line\n" * 99))
    HttpLog().exception("from %s", "x", exc_info=ZeroDivisionError("ours"))
    theirs, ours = caplog.records
    assert (theirs.levelname, theirs.exc_info) == ("DEBUG", None)
    assert len(theirs.getMessage()) < 120
    assert (ours.levelname, ours.exc_info[0]) == ("ERROR", ZeroDivisionError)
