"""Memory does not grow with the length of a recording."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

from edged.geometry import SAMPLE_RATE

ROOT = Path(__file__).parents[3]
MINUTE = np.zeros(60 * SAMPLE_RATE, np.int16)
for second in range(0, 60, 10):
    MINUTE[second * SAMPLE_RATE : (second + 2) * SAMPLE_RATE] = 9000


def recognized(folder: Path, minutes: int) -> tuple[int, int]:
    """Return passages and the most memory held, kB, with six passages in each minute."""
    file = folder / f"{minutes}.flac"
    with soundfile.SoundFile(file, "w", SAMPLE_RATE, 1) as sound:
        for _ in range(minutes):
            sound.write(MINUTE)
    line = [sys.executable, "-m", "tests.runtime.transcribe.endure", file, folder / str(minutes)]
    said = subprocess.run(line, cwd=ROOT, check=True, capture_output=True, text=True, timeout=300)
    passages, held = said.stdout.split()
    return int(passages), int(held)


def test_three_hours_need_hardly_more_memory_than_three_minutes(tmp_path):
    short, little = recognized(tmp_path, 3)
    long, much = recognized(tmp_path, 180)
    assert (short, long) == (6 * 3, 6 * 180)
    assert much - little < 20_000
