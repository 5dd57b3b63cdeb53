"""Features on an OpenCL device: models and kernels shared, a quarter of a megabyte per stream."""

import logging
import platform
import statistics
import time
from functools import partial
from pathlib import Path
from typing import Any

from edged import __version__
from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.mel import MelBasis
from edged.backends.opencl.designs import CHOICES, Choice
from edged.backends.opencl.driver import PROVIDER, driver, failed, refused
from edged.backends.opencl.lists import Recipe, recipe
from edged.backends.opencl.machine import Machine
from edged.backends.opencl.memory import Memory
from edged.backends.opencl.plan import plan
from edged.backends.opencl.program import build
from edged.backends.opencl.proof import agree, answers, known_sound
from edged.backends.opencl.source import source
from edged.backends.opencl.stats import Profile, Stats
from edged.backends.opencl.store import Store
from edged.backends.opencl.stream import OpenClStream
from edged.backends.opencl.tune import Clocks, best, compile_within, from_text, measure, to_text
from edged.backends.opencl.weights import weights
from edged.catalog.verify import sha256_of
from edged.errors import ProviderFailed, ProviderUnavailable
from edged.graphs import embedding_layers, mel_filters

log = logging.getLogger(__name__)

KIND = "choice"
PROFILED = 10
"""Steps that are profiled unless told otherwise."""
MEM_LIMIT_MB = 64


class OpenClFeatures:
    """A FeatureBackend on one OpenCL device."""

    provider = PROVIDER

    def __init__(
        self,
        melspectrogram: Path,
        embedding: Path,
        device: Any,
        *,
        precision: str = "fp32",
        mem_limit_mb: int = MEM_LIMIT_MB,
        cache: Path | None = None,
        choice: Choice | None = None,
    ) -> None:
        """Read both models and compile the kernels.

        Args:
            melspectrogram: the ONNX file.
            embedding: the ONNX file.
            device: pyopencl's.
            precision: `fp32`; `fp16` stores weights and activations as half and still adds up in float.
            mem_limit_mb: megabytes of 10^6 bytes that may be allocated on the device, streams included.
            cache: folder where binaries and the tuner's choice are kept; None: nowhere.
            choice: how the work is cut; None: what the tuner found best, now or at an earlier start.

        Raises:
            ModelError: a file is missing, damaged or another model.
            ProviderUnavailable: the device lacks memory, its driver fails, or the model has an operator that
                no kernel computes.
        """
        start = time.perf_counter()
        self.precision = precision
        self._paths = melspectrogram, embedding
        self._found = plan(embedding_layers.read(embedding))
        filters = mel_filters.read(melspectrogram)
        self._basis = MelBasis(filters)
        self._weights = weights(self._found, filters)
        self._memory = Memory(mem_limit_mb)
        self._device: Any = device
        with refused("asking the device who it is"):
            self.device: str = device.name.strip()
            self._driver: str = device.driver_version.strip()
            self._identity = (
                self.device,
                self._driver,
                device.platform.name.strip(),
                device.platform.version.strip(),
                platform.release(),
                __version__,
                precision,
                sha256_of(melspectrogram),
                sha256_of(embedding),
            )
        self._store = Store(cache)
        self._machine = Machine(device, self._found, self._weights, precision, self._memory)
        self._kernel_s: float | None = None
        self._tuned = False
        known = choice or self._known()
        try:
            self._recipe: Recipe = self._compile(known) if known is not None else self._tune()
            self._learn_fresh_state()
        except ProviderFailed as exc:  # it never ran
            raise ProviderUnavailable(PROVIDER, exc.reason) from exc
        self._recipe.program.keep(self._store)
        self._open_s = time.perf_counter() - start

    @property
    def device_bytes(self) -> int:
        return self._memory.held

    def stream(self) -> OpenClStream:
        try:
            return self._new_stream(self._recipe, fresh=True)
        except ProviderUnavailable as exc:  # it ran until now
            raise ProviderFailed(PROVIDER, exc.reason) from exc

    def stats(self) -> Stats:
        """Return what was measured until now."""
        return Stats(
            device=self.device,
            driver=self._driver,
            precision=self.precision,
            choice=self._recipe.choice,
            tuned=self._tuned,
            program=self._recipe.program.origin,
            open_s=self._open_s,
            bytes_allocated=self._memory.held,
            launches=len(self._recipe.work),
            steps=self._machine.steps,
            cpu_s=self._machine.cpu_s,
            kernel_s=self._kernel_s,
        )

    def profile(self) -> float:
        """Measure and return the seconds per step that kernels run; see `profiled`."""
        self._kernel_s = statistics.median(map(sum, self.profiled().kernels_s))
        return self._kernel_s

    def profiled(self, steps: int = PROFILED) -> Profile:
        """Measure what each kernel takes, on a stream and a queue of its own.

        Raises:
            ProviderFailed: the driver fails, or there is no memory for another stream.
        """
        cl = driver()
        stream, machine = self.stream(), self._machine
        with machine.lock, failed("profiling"):
            if machine.closed:
                raise ProviderFailed(PROVIDER, "the features were closed")
            queue = cl.CommandQueue(
                machine.context, self._device, properties=cl.command_queue_properties.PROFILING_ENABLE
            )
            kernels: list[tuple[float, ...]] = []
            walls: list[float] = []
            for _ in range(steps):
                begun = time.perf_counter()
                events = stream.launch(queue)
                queue.finish()
                walls.append(time.perf_counter() - begun)
                spans = [event.profile.end - event.profile.start for event in events]
                kernels.append(tuple(span * 1e-9 for span in spans))
        names = tuple(name for name, _, _ in self._recipe.work)
        return Profile(names, tuple(kernels), tuple(walls))

    def close(self) -> None:
        self._machine.close()

    def _known(self) -> Choice | None:
        kept = self._store.find(KIND, self._identity)
        if kept is None:
            return None
        choice = from_text(kept)
        if choice is None:
            self._store.reject(KIND, self._identity, "is of another version")
        return choice

    def _compile(self, choice: Choice) -> Recipe:
        text = source(self._found, self._weights, choice, self.precision)
        program = build(self._machine.context, self._device, text, self._identity, self._store)
        return recipe(self._machine, self._weights, choice, program)

    def _tune(self) -> Recipe:
        """Compile and time what there is to choose from and computes rightly, and keep the choice."""
        sound = known_sound()
        expected = answers(CpuFeatures(*self._paths).stream(), sound)
        clocks = Clocks()
        recipes: dict[Choice, Recipe] = {}
        streams: dict[Choice, OpenClStream] = {}
        refusals: list[ProviderUnavailable] = []

        def compile_(choice: Choice) -> None:
            try:
                compiled = self._compile(choice)
                stream = self._new_stream(compiled, fresh=False)
                if not agree(answers(stream, sound), expected, self.precision):
                    raise ProviderUnavailable(PROVIDER, "computes something else than the CPU")
                recipes[choice], streams[choice] = compiled, stream
            except (ProviderUnavailable, ProviderFailed) as exc:
                refusals.append(ProviderUnavailable(PROVIDER, f"{choice}: {exc.reason}"))
                log.info("%s", refusals[-1])

        compile_within(CHOICES, compile_, clocks)
        if not recipes:
            raise refusals[0]
        timings = measure({each: partial(streams[each].step, sound[-1], False) for each in recipes}, clocks)
        chosen = best(timings)
        self._store.keep(KIND, self._identity, to_text(chosen))
        self._tuned = True
        return recipes[chosen]

    def _learn_fresh_state(self) -> None:
        """Compute the state of a stream before any sound, once for all."""
        machine = self._machine
        stream = self._new_stream(self._recipe, fresh=False)
        with machine.lock, refused("copying the state"):
            driver().enqueue_copy(machine.queue, machine.arrays["fresh"], stream.state)
            machine.queue.finish()

    def _new_stream(self, using: Recipe, fresh: bool) -> OpenClStream:
        return OpenClStream(self._machine, using, self._basis, fresh)
