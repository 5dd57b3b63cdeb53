"""How a process of the daemon begins: no core file, no Ctrl-C, and its end with the daemon's."""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h: the signal to get when the parent's thread ends."""

OOM_SCORE = Path("/proc/self/oom_score_adj")
OOM_FIRST = 500
"""Where memory runs out, the kernel ends this process before the daemon (0): it is started again."""


def settle(parent: int) -> None:
    """Make this a process that leaves no core file, ignores Ctrl-C and does not outlive the daemon."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both; the daemon decides
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # no /proc, or its owner asked for more already
        if int(OOM_SCORE.read_text()) < OOM_FIRST:
            OOM_SCORE.write_text(str(OOM_FIRST))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before prctl
            os._exit(0)
