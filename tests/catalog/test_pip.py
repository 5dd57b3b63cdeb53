"""The child that pip runs in: heard line by line, ended in time, and told of in one sentence."""

import sys

import pytest

from edged.catalog.pip import pip_reason, run_pip


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_its_lines_are_heard_and_its_end_is_told(tmp_path):
    heard = []
    code = "import sys; print('one'); print('two'); sys.stderr.write('ERROR: no'); sys.exit(3)"
    assert run_pip(python(code), tmp_path, heard.append) == (3, "ERROR: no")
    assert heard == ["one\n", "two\n"]


def test_what_hangs_is_ended_after_its_time_and_says_so(tmp_path):
    status, said = run_pip(python("import signal; signal.pause()"), tmp_path, print, limit_s=0.5)
    assert status != 0
    assert pip_reason(status, said) == "pip could not fetch it (it took longer than 0.5 s)"


def test_it_ends_before_an_interruption_goes_on(tmp_path):
    def interrupted(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_pip(python("print('here', flush=True); import signal; signal.pause()"), tmp_path, interrupted)
