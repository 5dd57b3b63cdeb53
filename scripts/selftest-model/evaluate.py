"""Word and sentence error rates of the exported files, through sherpa-onnx itself.

    python evaluate.py MODEL_DIR CORPUS_DIR [--recordings ../shared/assets]

Clips are cut to the command: they begin with its first sample, as after a wake word, and end with
its last one; then comes the tail padding. Everything is printed as the tables of CARD.md.
"""

from __future__ import annotations

import argparse
import re
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import grammar
import numpy as np
import soundfile
import soxr
from augment import Augmenter, load_corpus
from decode import TAIL_S, offline, streaming, transcribe
from features import DITHER, RATE

SPOKEN = {"3": "three", "10": "ten", "30": "thirty", "50": "fifty"}
"""Numbers that occur in the transcripts of the recordings."""


@dataclass(frozen=True, slots=True)
class Case:
    """A clip (float32, 16 kHz) and what is said in it."""

    samples: np.ndarray
    text: str


def edits(reference: list[str], hypothesis: list[str]) -> int:
    """Word insertions, deletions and substitutions between two sentences."""
    row = np.arange(len(hypothesis) + 1)
    for number, word in enumerate(reference, 1):
        previous, row = row, np.full(len(row), number)
        for column, other in enumerate(hypothesis, 1):
            row[column] = min(previous[column] + 1, row[column - 1] + 1,
                              previous[column - 1] + (word != other))  # fmt: skip
    return int(row[-1])


def rates(cases: list[Case], texts: list[str]) -> str:
    """`WER / SER` in percent."""
    wrong = sum(edits(c.text.split(), t.split()) for c, t in zip(cases, texts, strict=True))
    words = sum(len(c.text.split()) for c in cases)
    sentences = sum(c.text != t for c, t in zip(cases, texts, strict=True))
    return f"{100 * wrong / words:.1f} / {100 * sentences / len(cases):.1f}"


def synthetic(path: Path, augment: Augmenter | None = None) -> list[Case]:
    """Clips of a corpus at half of full scale above dither, or with room and noise."""
    rng = np.random.default_rng(0)
    clips, texts, _ = load_corpus(path)
    cases = []
    for clip, text in zip(clips, texts, strict=True):
        plain = (clip / 65536 + rng.normal(0, DITHER, len(clip))).astype(np.float32)
        cases.append(Case(augment(rng, clip) if augment else plain, text))
    return cases


def recorded(folder: Path) -> list[Case]:
    """The recordings of commands by people that have a transcript."""
    cases = []
    for entry in tomllib.loads((folder / "MANIFEST.toml").read_text())["file"]:
        if "/en/commands/" in entry["path"] and entry.get("transcript"):
            audio, rate = soundfile.read(folder / entry["path"], dtype="float32", always_2d=True)
            text = re.sub(r"\d+", lambda n: SPOKEN[n[0]], entry["transcript"].lower())
            cases.append(Case(soxr.resample(audio.mean(1), rate, RATE), text))
    return cases


def wordless(noises: list[np.ndarray]) -> list[np.ndarray]:
    """200 clips of 2 s without speech, from dither alone up to loud noise."""
    rng = np.random.default_rng(1)
    coloured = [noise for index, noise in enumerate(noises) if index % 3]
    clips = []
    for index in range(200):
        level = 0 if index < 50 else 10 ** rng.uniform(-4, -1)
        noise = coloured[index % len(coloured)][: 2 * RATE] * level
        clips.append((noise + rng.normal(0, DITHER, 2 * RATE)).astype(np.float32))
    return clips


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--recordings", type=Path)
    parser.add_argument("--limit", type=int, default=10**6, help="clips per set")
    args = parser.parse_args()
    held_out = args.corpus / "heldout_espeak.npz"
    clips, _, _ = load_corpus(held_out)
    noisy = Augmenter(clips, load_corpus(args.corpus / "wake.npz")[0])
    sets = {
        "espeak-ng voices never heard": synthetic(held_out),
        "the same with room, noise and left context": synthetic(held_out, noisy),
        "flite slt, a voice never heard": synthetic(args.corpus / "heldout_flite.npz"),
        "flite voices of the training": synthetic(args.corpus / "train_flite.npz"),
    }
    sets["all flite"] = list(sets.values())[-2] + list(sets.values())[-1]
    if args.recordings:
        known = set(grammar.words())
        people = recorded(args.recordings)
        sets["people, all recordings"] = people
        sets["people, words all known"] = [c for c in people if set(c.text.split()) <= known]
    whole, chunks = offline(args.model), streaming(args.model)
    print("| set | clips | offline WER / SER % | streaming WER / SER % | equal texts % |")
    print("|---|---|---|---|---|")
    for name, cases in sets.items():
        cases = cases[: args.limit]
        a = [transcribe(whole, case.samples) for case in cases]
        b = [transcribe(chunks, case.samples) for case in cases]
        equal = 100 * np.mean([x == y for x, y in zip(a, b, strict=True)])
        print(f"| {name} | {len(cases)} | {rates(cases, a)} | {rates(cases, b)} | {equal:.1f} |",
              flush=True)  # fmt: skip
        if "words all known" in name:
            listing = [f"- {c.text!r} heard as {t!r}" for c, t in zip(cases, b, strict=True)]
    for name, recognizer in (("offline", whole), ("streaming", chunks)):
        false = [clip for clip in wordless(noisy.noises) if transcribe(recognizer, clip)]
        print(f"\n{name}: {len(false)} of 200 clips without speech give a text")
    cases = sets["espeak-ng voices never heard"][: args.limit]
    print("\n| tail padding s | offline WER / SER % | streaming WER / SER % |\n|---|---|---|")
    for tail_s in (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6):
        a, b = ([transcribe(r, c.samples, tail_s) for c in cases] for r in (whole, chunks))
        print(f"| {tail_s} | {rates(cases, a)} | {rates(cases, b)} |")
    seconds = sum(len(case.samples) / RATE + TAIL_S for case in cases)
    for name, recognizer in (("offline", whole), ("streaming", chunks)):
        began = time.process_time()
        for case in cases:
            transcribe(recognizer, case.samples)
        print(f"\nreal-time factor {name}: {(time.process_time() - began) / seconds:.4f}")
    if args.recordings:
        print("\n" + "\n".join(listing))


if __name__ == "__main__":
    main()
