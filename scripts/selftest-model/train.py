"""Training for a stated wall time on one thread; the result is a running average of the weights.

    python train.py CORPUS_DIR CHECKPOINT --minutes 44

The wall time sets the number of steps, so a slower machine gives a slightly worse model.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from itertools import chain
from pathlib import Path

import grammar
import numpy as np
import torch
from model import Recognizer, frames_out
from torch import Tensor
from torch.nn import functional
from warp import warp

SEED = 5
BATCH = 32
PEAK_RATE = 3e-3
LETTER_WEIGHT = 0.3
AVERAGE = 0.998
"""Weight of the old value in the running average of the parameters, per step."""
ALPHABET = "abcdefghijklmnopqrstuvwxyz'"


class Views:
    """The augmented corpus, in batches of clips of similar length."""

    def __init__(self, folder: Path) -> None:
        """Open the views that augment.py wrote."""
        index = np.load(folder / "views.npz")
        self.frames = index["frames"]
        self.starts = np.cumsum(self.frames) - self.frames
        self.data = np.memmap(folder / "views.f16", np.float16, "r").reshape(-1, 80)
        ids = {word: number + 1 for number, word in enumerate(grammar.words())}
        texts = index["texts"].tolist()
        self.words = [[ids[word] for word in text.split()] for text in texts]
        self.letters = [[ALPHABET.index(c) + 1 for c in text if c != " "] for text in texts]

    def batches(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Clip numbers of every batch of one epoch, in random order."""
        order = np.argsort(self.frames + rng.uniform(0, 20, len(self.frames)))
        batches = [order[i : i + BATCH] for i in range(0, len(order) - BATCH, BATCH)]
        return [batches[i] for i in rng.permutation(len(batches))]

    def load(self, clips: np.ndarray) -> tuple[Tensor, Tensor]:
        """Features, shape (batch, t, 80), short clips followed by silence, and their frames."""
        frames = self.frames[clips]
        features = torch.full((len(clips), int(frames.max()), 80), -14.0)
        for row, clip in enumerate(clips):
            start = self.starts[clip]
            view = self.data[start : start + frames[row]].astype(np.float32)
            features[row, : frames[row]] = torch.from_numpy(view)
        return features, torch.from_numpy(frames)


def ctc(scores: Tensor, frames: Tensor, labels: list[list[int]]) -> Tensor:
    """CTC loss per label, mean over the batch."""
    lengths = torch.tensor([len(label) for label in labels])
    flat = torch.tensor(list(chain.from_iterable(labels)), dtype=torch.long)
    return functional.ctc_loss(scores.transpose(0, 1), flat, frames, lengths, zero_infinity=True)


def main() -> None:
    """Train and store the averaged weights, also every five minutes on the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--minutes", type=float, default=44)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    views = Views(args.corpus)
    net = Recognizer(len(grammar.words()))
    sample = views.data[rng.integers(0, len(views.data), 50000)].astype(np.float32)
    net.mean.copy_(torch.tensor(sample.mean(0)))
    net.scale.copy_(torch.tensor(1 / sample.std(0)))
    print(f"{sum(p.numel() for p in net.parameters())} parameters", flush=True)
    average = copy.deepcopy(net)
    averaged = average.state_dict()
    optimizer = torch.optim.AdamW(net.parameters(), PEAK_RATE, weight_decay=0.02)
    began = saved = time.monotonic()
    step, epoch, smooth, progress = 0, 0, 0.0, 0.0
    while progress < 1:
        for clips in views.batches(rng):
            progress = (time.monotonic() - began) / (60 * args.minutes)
            if progress >= 1:
                break
            rate = PEAK_RATE * min(1, (step + 1) / 200) * (0.5 + 0.5 * math.cos(math.pi * progress))
            optimizer.param_groups[0]["lr"] = rate
            features, frames = warp(rng, *views.load(clips))
            words, letters = net(features)
            out = frames_out(frames).clamp(min=1)
            loss = ctc(words, out, [views.words[i] for i in clips])
            loss = loss + LETTER_WEIGHT * ctc(letters, out, [views.letters[i] for i in clips])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            keep = min(AVERAGE, step / (step + 10))
            for name, new in net.state_dict().items():
                if new.is_floating_point():
                    averaged[name].lerp_(new, 1 - keep)
            step += 1
            smooth = smooth * 0.99 + loss.item() * 0.01 if step > 50 else loss.item()
            if step % 200 == 0:
                print(f"step {step} epoch {epoch} {progress:.3f} loss {smooth:.3f}", flush=True)
            if time.monotonic() - saved > 300:
                saved = time.monotonic()
                torch.save(averaged, args.checkpoint)
        epoch += 1
    torch.save(averaged, args.checkpoint)
    print(f"{step} steps, {epoch} epochs, loss {smooth:.3f}")


if __name__ == "__main__":
    main()
