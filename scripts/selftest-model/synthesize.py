"""Speech corpora of the grammar, spoken by espeak-ng and flite, split by voice.

    python synthesize.py CORPUS_DIR [--espeak 20000] [--flite 5000]

Writes `train.npz`, `wake.npz` (wake words alone, for left context), the held-out voices
`heldout_espeak.npz` and `heldout_flite.npz`, and `train_flite.npz` (new takes, trained voices).
Each holds `audio` (int16, 16 kHz, clips end to end), `lengths` (samples), `texts`, `voices`.
"""

from __future__ import annotations

import argparse
import io
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import grammar
import numpy as np
import soundfile
import soxr

# The split by voice: no held-out variant is in the training corpus, nor are the accents en-029 and
# en-us-nyc; en-us and en-gb are known accents.
ACCENTS = ["en-gb", "en-us", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-scotland", "en-gb-x-gbcwmd"]
HELD_OUT_ACCENTS = ["en-029", "en-us-nyc", "en-us", "en-gb"]
_VARIANTS = """
Alex Alicia Andrea Andy Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee Marco Mario Mike Nguyen
Tweaky adam anika announcer antonio aunty belinda benjamin boris caleb david ed edward f1 f2 f4
gustave grandma iven iven2 iven3 iven4 john kaukovalta klatt klatt2 klatt4 klatt5 klatt6 m1 m2 m3
m5 m6 m8 marcelo max michel miguel norbert pablo pedro quincy rob robert sandro shelby steph steph3
travis victor
"""
VARIANTS = _VARIANTS.split()
_HELD_OUT_VARIANTS = "Annie Michael edward2 f3 f5 grandpa klatt3 linda m4 m7 paul steph2"
HELD_OUT_VARIANTS = _HELD_OUT_VARIANTS.split()
FLITE = ["kal16", "kal", "awb", "rms"]
HELD_OUT_FLITE = ["slt"]
WAKE_WORDS = ["hey jarvis", "alexa", "jarvis"]
RATE = 16000
"""Sample rate of every corpus, Hz."""


@dataclass(frozen=True, slots=True)
class Take:
    """One sentence and how it is to be spoken."""

    text: str
    voice: str
    """`en-us+f1` for espeak-ng, `flite:slt` for flite."""
    pitch: int
    """espeak-ng 0..99; flite: percent of the voice's own mean pitch (100 is unchanged)."""
    speed: int
    """espeak-ng words per minute; flite: percent of the natural duration."""
    gap: int
    """espeak-ng pause between words, units of 10 ms; unused by flite."""


def command(take: Take) -> list[str]:
    """The command line that writes a WAV of the take to its standard output."""
    if take.voice.startswith("flite:"):
        voice = take.voice.removeprefix("flite:")
        mean_hz = {"slt": 170, "rms": 105, "awb": 130}.get(voice, 100) * take.pitch / 100
        options = f"--setf duration_stretch={take.speed / 100} --setf int_f0_target_mean={mean_hz}"
        return ["flite", "-voice", voice, *options.split(), "-t", take.text, "-o", "/dev/stdout"]
    options = f"-v {take.voice} -p {take.pitch} -s {take.speed} -g {take.gap} --stdout"
    return ["espeak-ng", *options.split(), take.text]


def speak(take: Take) -> np.ndarray:
    """Audio of one take without the synthesizer's silent margins, shape (n,), int16, 16 kHz."""
    wav = subprocess.run(command(take), capture_output=True, timeout=30, check=True).stdout
    audio, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    audio = soxr.resample(audio, rate, RATE)
    loud = np.flatnonzero(np.abs(audio) > 0.01 * np.abs(audio).max())
    if len(loud) == 0:
        return np.zeros(0, np.int16)
    audio = audio[max(0, loud[0] - 80) : loud[-1] + 320]
    return (audio * 0.9 * 32767 / np.abs(audio).max()).astype(np.int16)


def draw(rng: random.Random, text: str, accents: list[str], variants: list[str]) -> Take:
    """A random way to say `text`; no accents means the variants are flite voices."""
    if not accents:
        return Take(text, f"flite:{rng.choice(variants)}", rng.randint(80, 125),
                    rng.randint(80, 130), 0)  # fmt: skip
    voice = f"{rng.choice(accents)}+{rng.choice(variants)}"
    gap = [0, 0, 0, 1, 3]
    return Take(text, voice, rng.randint(10, 90), rng.randint(110, 230), rng.choice(gap))


def write(path: Path, takes: list[Take]) -> None:
    """Speak the takes with two processes at once and store those that are longer than 0.15 s."""
    with ThreadPoolExecutor(2) as pool:
        spoken = [(take, clip) for take, clip in zip(takes, pool.map(speak, takes), strict=True)]
    spoken = [(take, clip) for take, clip in spoken if len(clip) > 0.15 * RATE]
    lengths = np.array([len(clip) for _, clip in spoken])
    np.savez(
        path,
        audio=np.concatenate([clip for _, clip in spoken]),
        lengths=lengths,
        texts=np.array([take.text for take, _ in spoken]),
        voices=np.array([take.voice for take, _ in spoken]),
    )
    print(f"{path.name}: {len(spoken)} clips, {lengths.sum() / RATE / 60:.1f} min", flush=True)


def main() -> None:
    """Write the five corpora."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--espeak", type=int, default=20000)
    parser.add_argument("--flite", type=int, default=5000)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    def takes(seed: int, count: int, accents: list[str], variants: list[str]) -> list[Take]:
        rng = random.Random(seed)
        return [draw(rng, grammar.sentence(rng), accents, variants) for _ in range(count)]

    rng = random.Random(6)
    wake = [draw(rng, rng.choice(WAKE_WORDS), ACCENTS, VARIANTS) for _ in range(300)]
    write(args.out / "wake.npz", wake)
    write(args.out / "heldout_espeak.npz", takes(2, 400, HELD_OUT_ACCENTS, HELD_OUT_VARIANTS))
    write(args.out / "heldout_flite.npz", takes(3, 200, [], HELD_OUT_FLITE))
    write(args.out / "train_flite.npz", takes(4, 200, [], FLITE))
    train = takes(1, args.espeak, ACCENTS, VARIANTS) + takes(5, args.flite, [], FLITE)
    random.Random(7).shuffle(train)
    write(args.out / "train.npz", train)


if __name__ == "__main__":
    main()
