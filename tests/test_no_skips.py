"""The switch for CI does what it says: what is missing fails."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = (Path(__file__).parent / "conftest.py").read_text()


@pytest.mark.parametrize(
    "test",
    [
        "import pytest\ndef test_a(): pytest.skip('no shared assets')",
        "import pytest\npytest.importorskip('no_such_module')\ndef test_a(): pass",
        "import pytest\n@pytest.fixture\ndef f(): pytest.skip('gone')\ndef test_a(f): pass",
    ],
    ids=["in the test", "of the module", "in a fixture"],
)
def test_a_skip_is_a_failure_only_under_the_switch(pytester, test):
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test)
    assert pytester.runpytest("-p", "no:cacheprovider").ret in (0, 5)
    assert pytester.runpytest("-p", "no:cacheprovider", "--no-skips").ret not in (0, 5)
