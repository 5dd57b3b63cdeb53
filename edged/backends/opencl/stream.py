"""One stream on the device: sound in, a fixed list of kernels, one answer out.

In the steady state a step makes one write, its launches and one read that waits; nothing is allocated.
"""

import time
import weakref
from typing import Any

import numpy as np

from edged.backends.backend import Floats, Pcm
from edged.backends.cpu.mel import Mel, MelBasis
from edged.backends.opencl.arguments import ANSWER, FIRST, GIVEN, GO_ON, MEL, SOUND
from edged.backends.opencl.driver import PROVIDER, driver, failed, sentence
from edged.backends.opencl.lists import Call, Recipe, State, allocate, lists
from edged.backends.opencl.machine import Machine
from edged.errors import ProviderFailed
from edged.geometry import (
    MEL_BINS,
    MEL_PER_HOP,
    MEL_REST,
    PRIME_FRAMES,
    PRIME_STEPS,
    STEP_SAMPLES,
)


class OpenClStream:
    """A FeatureStream."""

    def __init__(self, machine: Machine, recipe: Recipe, basis: MelBasis, fresh: bool) -> None:
        """Allocate the state of a stream.

        fresh: whether the machine knows the state of a stream before any sound; if not it is computed.

        Raises:
            ProviderUnavailable: it would pass the memory limit, or the driver fails.
        """
        self._machine = machine
        self._on_device = recipe.on_device
        self._state: State = allocate(machine, recipe.on_device)
        weakref.finalize(self, machine.memory.give_back, self._state.size)
        self._lists: tuple[tuple[Call, ...], ...] = lists(machine, recipe, self._state)
        self._parity = 0
        cl = driver()
        self._enqueue, self._copy, self._error = cl.enqueue_nd_range_kernel, cl.enqueue_copy, cl.Error
        answer = np.zeros(ANSWER, np.float32)
        self._mel: Floats = answer[:MEL].reshape(MEL_PER_HOP, MEL_BINS)
        self._embedding: Floats = answer[MEL:]
        place = machine.plan.rows
        self._result = machine.arrays["result"]
        if recipe.on_device:
            self._input: Any = np.zeros(SOUND, np.int16)
            self._answer, self._answer_at = answer, 0
            self._upload = machine.arrays["sound"]
        else:
            self._filters = Mel(basis)
            self._input = np.zeros(place.size, np.float32)
            self._answer, self._answer_at = self._embedding, self._mel.nbytes
            self._upload = machine.arrays["rows"]
            self._frames: Floats = self._input.reshape(place.history + place.rows, -1)
            self._old, self._kept = self._frames[: place.history], self._frames[place.rows :]
            bands = slice(place.margin, place.margin + place.bands)
            self._new: Floats = self._frames[place.history :, bands]
        self._resting = np.zeros((place.history, place.pitch), np.float32)
        self._resting[:, place.margin : place.margin + place.bands] = MEL_REST
        self._fresh = fresh
        self.prime(None)

    @property
    def state(self) -> Any:
        """The newest copy of the state, on the device."""
        return self._state.state[self._parity]

    def prime(self, mel: Floats | None) -> None:
        if mel is None and self._fresh:
            self._rest()
            return
        if mel is None:
            mel = np.full((PRIME_FRAMES, MEL_BINS), MEL_REST, np.float32)
        if mel.shape != (PRIME_FRAMES, MEL_BINS):
            raise ProviderFailed(PROVIDER, f"expected ({PRIME_FRAMES}, {MEL_BINS}) mel, got {mel.shape}")
        for step in range(PRIME_STEPS):
            self._mel[:] = mel[step * MEL_PER_HOP : (step + 1) * MEL_PER_HOP]
            self._advance(GIVEN)

    def step(self, pcm: Pcm, first: bool) -> tuple[Floats, Floats]:
        if pcm.shape != (STEP_SAMPLES,):
            raise ProviderFailed(PROVIDER, f"expected {STEP_SAMPLES} samples, got shape {pcm.shape}")
        if self._on_device:
            self._input[:STEP_SAMPLES] = pcm
        else:
            self._filters.step(pcm, first, out=self._mel)
        self._advance(FIRST if first else GO_ON)
        return self._mel, self._embedding

    def launch(self, queue: Any) -> list[Any]:
        """Enqueue the kernels of a step and return their events: for whoever measures them."""
        events = [self._enqueue(queue, *call) for call in self._lists[self._parity]]
        self._parity ^= 1
        return events

    def _advance(self, kind: int) -> None:
        start = time.thread_time()
        if self._on_device:
            self._input[STEP_SAMPLES] = kind
        else:
            self._old[:] = self._kept
            self._new[:] = self._mel
        machine = self._machine
        with machine.lock:
            if machine.closed:
                raise ProviderFailed(PROVIDER, "the features were closed")
            self._exchange(machine.queue, kind == GIVEN and self._on_device)
            machine.steps += 1
            machine.cpu_s += time.thread_time() - start
        self._parity ^= 1

    def _exchange(self, queue: Any, given: bool) -> None:
        enqueue, result = self._enqueue, self._result
        try:
            # an event that is dropped waits for its end: these two are dropped when all has ended
            written = self._copy(queue, self._upload, self._input, is_blocking=False)
            if given:
                written = written, self._copy(queue, result, self._mel, is_blocking=False)
            for kernel, items, group in self._lists[self._parity]:
                enqueue(queue, kernel, items, group)
            self._copy(queue, self._answer, result, src_offset=self._answer_at)
            del written
        except self._error as exc:
            raise ProviderFailed(PROVIDER, f"a step failed: {sentence(exc)}") from exc

    def _rest(self) -> None:
        """Go back to the state before any sound."""
        machine = self._machine
        if not self._on_device:
            self._kept[:] = self._resting
        with machine.lock, failed("a fresh start"):
            if machine.closed:
                raise ProviderFailed(PROVIDER, "the features were closed")
            self._copy(machine.queue, self.state, machine.arrays["fresh"])
            if self._on_device:
                self._copy(machine.queue, self._state.rows[self._parity], self._resting)
            machine.queue.finish()
