"""A microphone that can be pulled out: plays a loop of sound as `arecord` would, at real pace.

The bench puts it into the daemon's PATH under arecord's name. A file `gone` in its folder is the pulled plug:
it says what arecord says then, and ends; `stalled` lets it hang without a sample, as a wedged driver does.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import numpy as np

from edged.geometry import SAMPLE_RATE

FOLDER = "EDGED_BENCH_MICROPHONE"
"""Names the folder with `loop.npy` (int16, 16 kHz, mono) and the files that break things."""

PERIOD_S = 0.02
"""Seconds between two writes."""

BEGUN = "begun"
"""File that tells when the first period was written, time.monotonic: each later one has its own moment."""

NO_DEVICE = "arecord: main:831: audio open error: No such device\n"
UNPLUGGED = "arecord: pcm_read:2221: read error: No such device\n"


def main() -> int:
    """Play until the plug is pulled or nobody listens."""
    asked = _arguments()
    folder = Path(os.environ[FOLDER])
    if (folder / "gone").exists():
        sys.stderr.write(NO_DEVICE)
        return 1
    if asked.samples:  # it is asked what the hardware can do, which nobody knows of a script
        return 0
    loop = np.load(folder / "loop.npy").astype(np.float32)
    if asked.rate != SAMPLE_RATE:
        import soxr  # takes as long as all the rest of a start

        loop = soxr.resample(loop, SAMPLE_RATE, asked.rate)
    wide = np.repeat(np.rint(loop).clip(-32768, 32767).astype("<i2")[:, None], asked.channels, axis=1)
    sound = wide.astype("<i4") << 16 if asked.format == "S32_LE" else wide
    return _play(sound, asked.rate, folder)


def _play(sound: "np.ndarray[tuple[int, ...], np.dtype[np.signedinteger]]", rate: int, folder: Path) -> int:
    period = round(PERIOD_S * rate)
    begun, at = time.monotonic(), 0
    (folder / BEGUN).write_text(repr(begun))
    while True:
        if (folder / "gone").exists():
            sys.stderr.write(UNPLUGGED)
            return 1
        if not (folder / "stalled").exists():
            rows = sound.take(range(at, at + period), axis=0, mode="wrap")
            try:
                os.write(1, rows.tobytes())
            except BrokenPipeError:
                return 0
        at += period
        time.sleep(max(0.0, begun + at / rate - time.monotonic()))


def _arguments() -> argparse.Namespace:
    """Read those of arecord's arguments that change what is delivered."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-r", "--rate", type=int, default=8000)
    parser.add_argument("-c", "--channels", type=int, default=1)
    parser.add_argument("-f", "--format", default="U8")
    parser.add_argument("-s", "--samples", type=int, default=0)
    return parser.parse_known_args()[0]


if __name__ == "__main__":
    sys.exit(main())
