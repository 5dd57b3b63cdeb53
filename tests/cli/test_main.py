"""What `edged` itself answers, before any command."""

from edged import __version__
from tests.daemon import run


def test_it_says_its_version():
    assert run("--version") == (0, f"edged {__version__}\n", "")


def test_without_a_command_it_shows_what_there_is():
    code, out, err = run()
    assert code == 2
    assert "models" in out + err
    assert "Traceback" not in err


def test_help_keeps_the_daemons_own_sentence():
    code, out, _ = run("--help")
    assert code == 0
    assert "wake word" in out
