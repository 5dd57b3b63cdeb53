"""A causal convolutional CTC model; the same weights run over a whole clip or chunk by chunk."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 144
"""Channels of the trunk."""
DILATIONS = (1, 1, 1, 1, 2, 2, 2, 4, 4)
"""Of the residual blocks, in output frames of 40 ms: 36 frames (1.44 s) of past in all."""
KERNEL = 3
STRIDE = 4
"""Feature frames (10 ms) per output frame."""
FRONT = 8
"""Feature frames the first convolution sees."""
CONTEXT = (KERNEL - 1) * max(DILATIONS)
"""Output frames of past that are kept per block when streaming."""


class Block(nn.Module):
    """y = x + relu(norm(conv of x and its past)), shape (batch, WIDTH, frames)."""

    def __init__(self, dilation: int) -> None:
        """Dilation of the convolution, output frames."""
        super().__init__()
        self.past = (KERNEL - 1) * dilation
        self.conv = nn.Conv1d(WIDTH, WIDTH, KERNEL, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(WIDTH)

    def forward(self, x: Tensor, past: Tensor | None = None) -> Tensor:
        """`past` holds the frames before x, shape (batch, WIDTH, self.past); none means zeros."""
        context = functional.pad(x, (self.past, 0)) if past is None else torch.cat([past, x], 2)
        return x + functional.relu(self.norm(self.conv(context)))


class Recognizer(nn.Module):
    """Log-mel frames to the log probabilities of words (id 0 is the blank) and of letters.

    The letters only help to learn; the exports leave them out.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, words: int, letters: int = 28) -> None:
        """Sizes of the two outputs; `words` is without the blank, `letters` with it."""
        super().__init__()
        self.register_buffer("mean", torch.zeros(80))
        self.register_buffer("scale", torch.ones(80))
        self.front = nn.Conv1d(80, WIDTH, FRONT, stride=STRIDE, bias=False)
        self.front_norm = nn.BatchNorm1d(WIDTH)
        self.blocks = nn.ModuleList(Block(dilation) for dilation in DILATIONS)
        self.words = nn.Conv1d(WIDTH, words + 1, 1)
        self.letters = nn.Conv1d(WIDTH, letters, 1)

    def begin(self, features: Tensor) -> Tensor:
        """Shape (batch, 80, t) to (batch, WIDTH, (t - FRONT) // STRIDE + 1)."""
        x = (features - self.mean[:, None]) * self.scale[:, None]
        return functional.relu(self.front_norm(self.front(x)))

    def trunk(self, features: Tensor) -> Tensor:
        """As `begin`, through all blocks, with silence (zeros) before the first frame."""
        x = self.begin(features)
        for block in self.blocks:
            x = block(x)
        return x

    def step(self, features: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """One chunk; `past` has shape (batch, blocks, WIDTH, CONTEXT), begins with zeros."""
        x = self.begin(features)
        kept = []
        for index, block in enumerate(self.blocks):
            before = past[:, index]
            kept.append(torch.cat([before, x], 2)[:, :, -CONTEXT:])
            x = block(x, before[:, :, CONTEXT - block.past :])
        return self.scores(x), torch.stack(kept, 1)

    def scores(self, x: Tensor) -> Tensor:
        """Log probabilities of the words, shape (batch, frames, words + 1)."""
        return self.words(x).transpose(1, 2).log_softmax(2)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Training: word and letter log probabilities, both (batch, frames, ids)."""
        x = self.trunk(features)
        return self.scores(x), self.letters(x).transpose(1, 2).log_softmax(2)


def frames_out(frames: Tensor) -> Tensor:
    """Output frames of clips of `frames` feature frames."""
    return (frames - FRONT) // STRIDE + 1
