#!/usr/bin/python3.11
"""Stands in for arecord in the booted Debian: a microphone that hears the demo for ever, at its real pace.

Where the file UNPLUGGED lies, there is no microphone; it may come and go.
"""

import sys
import time
from pathlib import Path

UNPLUGGED = Path("/var/lib/edged/unplugged")
SOUND = Path("/srv/probe/sound.raw")
RATE = 16_000
PERIOD = RATE // 50


def wanted() -> None:
    """Leave as arecord does when the microphone is gone."""
    if UNPLUGGED.exists():
        sys.exit("arecord: main:831: audio open error: No such file or directory")


wanted()
if "--dump-hw-params" in sys.argv:
    sys.exit(f"FORMAT:  S16_LE\nCHANNELS: 1\nRATE: {RATE}\n")
sys.stderr.write(
    f"  format       : S16_LE\n  channels     : 1\n  rate         : {RATE}\n  buffer_size  : 8000\n"
)
sound = SOUND.read_bytes()
due, at = time.monotonic(), 0
while True:
    wanted()
    sys.stdout.buffer.write(sound[at : at + 2 * PERIOD])
    sys.stdout.buffer.flush()
    at = (at + 2 * PERIOD) % (len(sound) // (2 * PERIOD) * 2 * PERIOD)
    due += PERIOD / RATE
    time.sleep(max(0.0, due - time.monotonic()))
