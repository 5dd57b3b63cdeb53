"""Known answers: a backend counts once it has computed them as the CPU does.

The sound is made here, the same on every machine. Heads are asked about embeddings on which they are sure of
their word, and others on which they are sure of its absence: a backend that always answers the same would
pass on one kind. They are found by walking up and down hill on the CPU: every head of openWakeWord's and its
community's is past 0.9 and 0.1 after at most some hundred random steps, some milliseconds.
"""

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from edged.backends.backend import FeatureBackend, FeatureStream, Floats, HeadBackend, Pcm
from edged.backends.verdict import Refused
from edged.geometry import (
    CONTEXT,
    EMBEDDING,
    HISTORY,
    HOP,
    MEL_BINS,
    MEL_PER_HOP,
    PRIME_FRAMES,
    SAMPLE_RATE,
    STEP_SAMPLES,
)

EXACT = 1e-3
"""Largest difference of an fp32 embedding."""

HALF = 0.01
"""Largest relative RMS difference of fp16 embeddings."""

SCORE = 0.05
"""Largest difference of a score."""

CLIMB = 1500
"""Steps uphill or downhill at most: three times what the slowest head seen takes."""

SURE = 0.9
"""Score at which a climb ends, 1 - SURE at which a descent does: far from the usual thresholds, so that a
score which differs by less than `SCORE` is on the same side."""

_HOPS = 24


def known_sound() -> Pcm:
    """Return two seconds: a quiet room, loud noise that wanders, tones with overtones as a voice has."""
    noise = np.random.RandomState(0)  # its numbers are frozen by numpy, those of default_rng are not
    third = _HOPS // 3 * HOP
    t = np.arange(third) / SAMPLE_RATE
    pitch = 2 * np.pi * (140 * t + 20 * np.sin(2 * np.pi * 1.7 * t))
    voice = sum(np.sin(k * pitch) / k for k in range(1, 12)) * 1500
    loud = noise.standard_normal(third) * np.repeat(noise.uniform(100, 6000, third // HOP), HOP)
    parts = (noise.standard_normal(third) * 10, loud, voice + noise.standard_normal(third) * 30)
    return np.rint(np.concatenate(parts)).clip(-32768, 32767).astype(np.int16)


def probe_features(candidate: FeatureBackend, reference: FeatureBackend) -> None:
    """Compare a feature backend with the CPU, from a fresh start and taking over in mid-stream.

    Raises:
        Refused: it answers something else, the same to everything, or no numbers.
        ProviderFailed: it failed.
    """
    windows = list(_windows(known_sound()))
    mel, expected = _run(reference.stream(), windows, "cpu")
    _, found = _run(candidate.stream(), windows, candidate.provider)
    _compare(candidate, found, expected, "")
    taken = PRIME_FRAMES // MEL_PER_HOP + 2
    successor = candidate.stream()
    successor.prime(mel[(taken * MEL_PER_HOP) - PRIME_FRAMES : taken * MEL_PER_HOP])
    _, rest = _run(successor, windows[taken:], candidate.provider, fresh=False)
    _compare(candidate, rest, expected[taken:], " after taking over in mid-stream")


def probe_heads(candidate: HeadBackend, reference: HeadBackend) -> list[Floats]:
    """Compare a head backend with the CPU where each head is sure of its word, and where none is.

    Returns:
        The histories (34, 96) that both were asked about.

    Raises:
        Refused: other columns, another score, or no numbers.
        ProviderFailed: it failed.
    """
    provider = candidate.provider
    if candidate.columns != reference.columns or candidate.windows != reference.windows:
        raise Refused(provider, f"serves {', '.join(candidate.columns)}, not {', '.join(reference.columns)}")
    asked = known_histories(reference)
    for history in asked:
        expected, found = reference.scores(history), candidate.scores(history)
        if found.shape != expected.shape:
            raise Refused(provider, f"answers scores of shape {found.shape}, not {expected.shape}")
        if not np.isfinite(found).all():
            raise Refused(provider, "answers NaN or infinity")
        worst = int(np.argmax(np.abs(found - expected)))
        if abs(float(found[worst]) - float(expected[worst])) > SCORE:
            name = reference.columns[worst]
            raise Refused(provider, f"scores {found[worst]:.3f} for {name}, the CPU {expected[worst]:.3f}")
    return asked


def known_histories(reference: HeadBackend) -> list[Floats]:
    """Return two histories (34, 96) per column: one on which it is sure of its word, one of its absence."""
    noise = np.random.RandomState(0)
    start = (noise.standard_normal((HISTORY, EMBEDDING)) * 8).astype(np.float32)  # the rms of real ones
    columns = range(len(reference.columns))
    return [_walk(reference, start, column, sign) for column in columns for sign in (1, -1)]


def _walk(reference: HeadBackend, start: Floats, column: int, sign: int) -> Floats:
    """Walk uphill (sign 1) or downhill (-1) from a history until the column is sure."""
    noise = np.random.RandomState(1)
    best, score = start, reference.scores(start)[column]
    for _ in range(CLIMB):
        if score * sign > (SURE if sign > 0 else SURE - 1):
            break
        stride = noise.choice([0.5, 2.0, 6.0])
        trial = (best + noise.standard_normal(best.shape) * stride).astype(np.float32)
        other = reference.scores(trial)[column]
        if other * sign >= score * sign:
            best, score = trial, other
    return best


def known_step(stream: FeatureStream) -> Callable[[], object]:
    """Return a function that makes one more step of a stream through the known sound, over and over."""
    windows = itertools.cycle(_windows(known_sound()))
    return lambda: stream.step(next(windows), False)


def _windows(pcm: Pcm) -> Iterator[Pcm]:
    padded = np.concatenate([np.zeros(CONTEXT, np.int16), pcm])
    for at in range(0, len(pcm), HOP):
        yield padded[at : at + STEP_SAMPLES]


def _run(
    stream: FeatureStream, windows: list[Pcm], provider: str, fresh: bool = True
) -> tuple[Floats, Floats]:
    """Return mel (8 n, 32) and embeddings (n, 96) of n steps."""
    mels: list[Floats] = []
    embeddings: list[Floats] = []
    for index, window in enumerate(windows):
        mel, embedding = stream.step(window, fresh and index == 0)
        flaw = flaw_of(mel, embedding)
        if flaw:
            raise Refused(provider, flaw)
        mels.append(mel.copy())
        embeddings.append(embedding.copy())
    return np.concatenate(mels), np.stack(embeddings)


def flaw_of(mel: Floats, embedding: Floats) -> str | None:
    """Return what is wrong with the form of a step's answer, None where nothing is."""
    if mel.shape != (MEL_PER_HOP, MEL_BINS) or embedding.shape != (EMBEDDING,):
        return f"answers mel {mel.shape} and embedding {embedding.shape}, not (8, 32) and (96,)"
    # a sum is finite only if all of it is: half the price of a flag per number
    if not math.isfinite(np.add.reduce(embedding) + np.vdot(mel, mel)):
        return "answers NaN or infinity"
    return None


def _compare(candidate: FeatureBackend, found: Floats, expected: Floats, when: str) -> None:
    if np.ptp(found, axis=0).max() == 0:
        raise Refused(candidate.provider, f"answers the same to every sound{when}")
    if candidate.precision == "fp16":
        error = float(np.sqrt(np.mean((found - expected) ** 2) / np.mean(expected**2)))
        if error > HALF:
            raise Refused(candidate.provider, f"embeddings differ by {error:.1%} rms{when}, 1 % is allowed")
        return
    error = float(np.abs(found - expected).max())
    if error > EXACT:
        raise Refused(candidate.provider, f"embeddings differ by {error:.2g}{when}, {EXACT:g} is allowed")
