"""Utterances whose wake word ends at a known sample: wake word and command spoken apart and joined.

espeak-ng speaks both (or the wake word comes from recordings); they are trimmed by energy, so the end of the
word is known to 10 ms. 10 LSB rms of noise lie over everything: digital silence deceives the heads.
"""

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts" / "selftest-model")]

import grammar  # noqa: E402
import synthesize  # noqa: E402

from edged.geometry import DITHER_RMS, HOP, SAMPLE_RATE  # noqa: E402

MS = SAMPLE_RATE // 1000
VOICES = [
    voice + variant
    for voice in ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-gb-x-gbclan")
    for variant in ("", "+m1", "+m3", "+m7", "+f2", "+f4", "+klatt2", "+Annie", "+Andy")
]
COMMANDS = [
    "stop", "turn on the kitchen light", "what time is it", "set a timer for ten minutes", "play some jazz",
    "lights off", "how is the weather tomorrow", "pause", "open the garage door", "add milk to the list",
    "volume up", "is the front door locked",
]  # fmt: skip
PAUSE = 1_500 * MS
"""The other way to speak: wake word, a pause for thought, command."""


@dataclass(frozen=True)
class Take:
    """One joined utterance; all positions are samples."""

    text: str
    pcm: np.ndarray
    word_start: int
    word_end: int
    command_start: int
    command_end: int


def trimmed(pcm: np.ndarray, floor_db: float) -> np.ndarray:
    """Cut what lies `floor_db` under the loudest 10 ms from both ends."""
    frames = pcm[: len(pcm) // (10 * MS) * 10 * MS].reshape(-1, 10 * MS).astype(np.float64)
    rms = np.sqrt((frames**2).mean(axis=1))
    loud = np.flatnonzero(rms > rms.max() * 10 ** (floor_db / 20))
    return pcm[loud[0] * 10 * MS : (loud[-1] + 1) * 10 * MS]


def spoken(text: str, voice: str, speed: int, pitch: int) -> np.ndarray:
    """espeak-ng's rendering, trimmed, peak at -10 dBFS."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        options = ["-v", voice, "-s", str(speed), "-p", str(pitch), "-w", wav.name]
        subprocess.run(["espeak-ng", *options, text], check=True, capture_output=True)
        pcm, rate = soundfile.read(wav.name, dtype="float32")
    pcm = trimmed(soxr.resample(pcm, rate, SAMPLE_RATE), -45)
    return pcm / np.abs(pcm).max() * 0.316


def recorded(path: Path) -> np.ndarray:
    """One person saying only the wake word; the floor is higher because rooms are not silent."""
    pcm, rate = soundfile.read(path, dtype="float32", always_2d=True)
    pcm = trimmed(soxr.resample(pcm.mean(axis=1), rate, SAMPLE_RATE), -30)
    return pcm / np.abs(pcm).max() * 0.316


def joined(text: str, word: np.ndarray, command: np.ndarray, gap: int, rng: np.random.Generator) -> Take:
    """2 s and a part of a hop of noise, the word, the gap, the command, 3 s of noise."""
    word_start = 2 * SAMPLE_RATE + int(rng.integers(HOP))
    word_end = word_start + len(word)
    command_start = word_end + gap
    command_end = command_start + len(command)
    pcm = rng.normal(size=command_end + 3 * SAMPLE_RATE) * DITHER_RMS
    pcm[word_start:word_end] += word * 32767
    pcm[command_start:command_end] += command * 32767
    return Take(
        text, pcm.clip(-32768, 32767).astype(np.int16), word_start, word_end, command_start, command_end
    )


def takes(word: str, clips: Path | None, seed: int, trained: bool) -> Iterator[tuple[Take, Take]]:
    """Without end, pairs of the same words: kept talking (gap 0..300 ms), and with a pause for thought.

    `trained`: the voices and sentences that the self-test recognizer was trained on, so that its texts count.
    """
    dice, rng = random.Random(seed), np.random.default_rng(seed)
    recordings = []
    if clips:
        recordings = [path for path in sorted(clips.rglob("*")) if path.suffix in {".wav", ".flac"}]
        if not recordings:
            sys.exit(f"{clips}: no .wav or .flac file")
    number = 0
    while True:
        voice, speed, pitch = dice.choice(VOICES), dice.randint(130, 190), dice.randint(25, 75)
        text = COMMANDS[number % len(COMMANDS)]
        if trained:
            voice = f"{dice.choice(synthesize.ACCENTS)}+{dice.choice(synthesize.VARIANTS)}"
            text = grammar.sentence(dice)
        number += 1
        wake = recorded(dice.choice(recordings)) if recordings else spoken(word, voice, speed, pitch)
        command = spoken(text, voice, speed, pitch)
        gap = dice.randint(0, 300) * MS
        yield joined(text, wake, command, gap, rng), joined(text, wake, command, PAUSE, rng)
