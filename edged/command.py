"""How a command line ends: always, with an exit code, and in one sentence where that is foreseen."""

import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from edged.errors import EdgedError, ProviderError, StageStalled


def run_command(name: str, app: Callable[[], object]) -> NoReturn:
    """Run a command line; `name` is what its sentences begin with."""
    try:
        app()
    except EdgedError as error:
        _say(f"{name}: {error}\n")
        _leave(error.exit_code)
    except KeyboardInterrupt:
        _leave(130)
    except SystemExit as end:
        _leave(end.code)
    except Exception as error:  # noqa: BLE001 - Python would show it too, and then wait for a thread that hangs
        if package := _missing(error):
            again = "install edged again with all that it needs"
            _say(f"{name}: the Python package {package} is not installed: {again}\n")
            _leave(ProviderError.exit_code)
        _say(traceback.format_exc())
        _leave(StageStalled.exit_code)
    _leave(0)


def _missing(error: Exception) -> str:
    """Return the package that is not installed; empty where something else is wrong, or a part of edged."""
    package = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return "" if package == "edged" else package


def _say(text: str) -> None:
    with suppress(OSError, ValueError):  # it is closed, or whoever read it is gone: the end is the same
        sys.stderr.write(text)
        sys.stderr.flush()


def _leave(code: str | int | None) -> NoReturn:
    """End the process, also where a thread hangs: Python itself would wait for it for ever.

    Such a thread was named when its time was over, e.g. a sink in a pipe that nobody reads. Standard output
    is not flushed then: that may be what it hangs in. A thread left behind in a driver hangs elsewhere.
    """
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if any(not thread.daemon for thread in others) and not isinstance(code, str):
        _say("")
        os._exit(code or 0)
    calls = sys.modules.get("edged.backends.native_call")  # never imported: then nothing was left behind
    if calls is not None and calls.abandoned() and not isinstance(code, str):
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        _say("")
        os._exit(code or 0)
    raise SystemExit(code) from None
