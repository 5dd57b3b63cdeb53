"""Rooms, noise, gain and left context for clean clips; the results are stored as log-mel views.

    python augment.py CORPUS_DIR [--copies 6]

Writes `views.f16` (float16 features, frames end to end) and `views.npz` (`frames`, `texts`).
The left context is what a recognizer hears whose audio begins at the end of a wake word: nothing at
all, a short silence, or the tail of the wake word; sometimes the first milliseconds are missing.
"""

from __future__ import annotations

import argparse
import multiprocessing
from pathlib import Path

import numpy as np
import scipy.fft
from features import DITHER, RATE, log_mel

SEED = 11
NOISES = 4000
"""Views of noise alone, and about as many of wake words alone."""


def load_corpus(path: Path) -> tuple[list[np.ndarray], list[str], list[str]]:
    """Clips (int16, 16 kHz), their texts and their voices."""
    data = np.load(path)
    clips = np.split(data["audio"], np.cumsum(data["lengths"])[:-1])
    return clips, data["texts"].tolist(), data["voices"].tolist()


def rooms(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Impulse responses: a direct path of 1 and noise that decays by 60 dB in 0.08 to 0.6 s."""
    responses = []
    for _ in range(count):
        decay_s = rng.uniform(0.08, 0.6)
        t = np.arange(int(decay_s * RATE)) / RATE
        tail = rng.normal(0, 1, len(t)) * 10 ** (-3 * t / decay_s)
        tail[: rng.integers(8, 80)] = 0
        response = tail * rng.uniform(0.05, 0.7) / np.sqrt((tail**2).sum())
        response[0] = 1
        responses.append(response.astype(np.float32))
    return responses


def noises(rng: np.random.Generator, clips: list[np.ndarray], count: int) -> list[np.ndarray]:
    """Eight-second noises of unit RMS: coloured (f^0 to f^-1) and babble of 3 to 8 voices."""
    result = []
    size = 8 * RATE
    for index in range(count):
        if index % 3:
            slope = rng.uniform(0, 1.0)
            spectrum = scipy.fft.rfft(rng.normal(0, 1, size))
            noise = scipy.fft.irfft(spectrum / (1 + np.arange(len(spectrum))) ** slope)
        else:
            noise = np.zeros(size)
            for _ in range(rng.integers(3, 9)):
                pair = [clips[i] for i in rng.integers(0, len(clips), 5)]
                noise += np.roll(np.resize(np.concatenate(pair), size), rng.integers(size))
        result.append((noise / np.sqrt((noise**2).mean())).astype(np.float32))
    return result


class Augmenter:
    """Turns a clean clip into one that a microphone could have heard."""

    def __init__(self, clips: list[np.ndarray], wake: list[np.ndarray]) -> None:
        """Clips to make babble of, and clips whose tails go before commands (int16, 16 kHz)."""
        rng = np.random.default_rng(SEED)
        self.wake = [clip / 32768 for clip in wake]
        self.rooms = rooms(rng, 200)
        self.noises = noises(rng, clips, 150)

    def context(self, rng: np.random.Generator, clip: np.ndarray) -> np.ndarray:
        """The clip with something before it and 0.12 to 0.8 s of silence behind it."""
        kind = rng.random()
        if kind < 0.4:
            left = np.zeros(0)
            clip = clip[int(rng.uniform(0, 0.04) * RATE) :] if kind < 0.1 else clip
        elif kind < 0.75:
            left = np.zeros(int(rng.uniform(0, 1.1) ** 2 * RATE))
        else:
            stub = self.wake[rng.integers(len(self.wake))][-int(rng.uniform(0.03, 0.25) * RATE) :]
            left = np.concatenate([stub, np.zeros(int(rng.uniform(0, 0.06) * RATE))])
        return np.concatenate([left, clip, np.zeros(int(rng.uniform(0.12, 0.8) * RATE))])

    def __call__(self, rng: np.random.Generator, clip: np.ndarray) -> np.ndarray:
        """Shape (n,), int16 in; shape (m,), float32 out, full scale is 1, both 16 kHz."""
        audio = self.context(rng, clip / 32768)
        if rng.random() < 0.5:
            room = self.rooms[rng.integers(len(self.rooms))]
            size = scipy.fft.next_fast_len(len(audio) + len(room), real=True)
            spectrum = scipy.fft.rfft(audio, size) * scipy.fft.rfft(room, size)
            audio = scipy.fft.irfft(spectrum, size)[: len(audio)]
        audio = audio / (np.abs(audio).max() + 1e-6)
        if rng.random() < 0.8:
            noise = np.roll(self.noises[rng.integers(len(self.noises))], rng.integers(8 * RATE))
            level = (np.sqrt((audio**2).mean()) or 0.1) * 10 ** (-rng.uniform(6, 45) / 20)
            audio = audio + np.resize(noise, len(audio)) * level
        audio = audio * 10 ** (-rng.uniform(0, 30) / 20)
        return (audio + rng.normal(0, DITHER, len(audio))).astype(np.float32)


def _views(job: tuple[int, bool, Path]) -> tuple[list[np.ndarray], list[str]]:
    """One copy of the corpus as features (copies differ by their seed), or what holds no command.

    The latter is noise without speech and wake words alone: without them, silence is heard as the
    most frequent first word.
    """
    copy, commands, folder = job
    clips, texts, _ = load_corpus(folder / "train.npz")
    wake, _, _ = load_corpus(folder / "wake.npz")
    augment = Augmenter(clips, wake)
    rng = np.random.default_rng([SEED, copy])
    if not commands:
        clips = [np.zeros(int(rng.uniform(0.1, 2.5) * RATE)) for _ in range(NOISES)]
        clips += wake * (NOISES // len(wake))
        texts = [""] * len(clips)
    return [log_mel(augment(rng, clip)).astype(np.float16) for clip in clips], texts


def main() -> None:
    """Write the views of CORPUS_DIR/train.npz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--copies", type=int, default=6)
    args = parser.parse_args()
    frames: list[int] = []
    texts: list[str] = []
    jobs = [(copy, copy < args.copies, args.corpus) for copy in range(args.copies + 1)]
    with multiprocessing.Pool(2) as pool, (args.corpus / "views.f16").open("wb") as file:
        for views, said in pool.imap(_views, jobs):
            file.write(np.concatenate(views).tobytes())
            frames += [len(view) for view in views]
            texts += said
            print(f"{len(frames)} views, {sum(frames) / 360000:.1f} h", flush=True)
    np.savez(args.corpus / "views.npz", frames=frames, texts=texts)


if __name__ == "__main__":
    main()
