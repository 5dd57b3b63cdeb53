"""One look at the machine: everything that it tells of itself, at one time."""

from collections.abc import Mapping
from dataclasses import dataclass

from edged.config.board import device_tree
from edged.telemetry import accelerators, clusters, energy, memory, power, thermal, throttling
from edged.telemetry.accelerators import Accelerator, Npu
from edged.telemetry.clusters import Clock, Cluster
from edged.telemetry.memory import Process


@dataclass(frozen=True, slots=True)
class ClusterNow:
    """A cluster and how it is clocked."""

    cluster: Cluster
    clock: Clock
    busy_watts: float | None
    """Of one of its cores that only works, mean since the look before, by the model; None: not known."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the machine said; None or empty is what it did not say."""

    at: float
    """Monotonic seconds."""
    clusters: tuple[ClusterNow, ...]
    gpu: Accelerator | None
    gpu_watts: float | None
    """What the GPU's load costs, whoever causes it, by the model."""
    npu: Npu | None
    memory_controller: Accelerator | None
    zones: Mapping[str, float]
    """Type of a thermal zone to °C."""
    held_down: Mapping[str, float] | None
    """Cooling device of a clock to how far heat holds it down, 0..1."""
    processes: tuple[Process, ...]
    available_bytes: int | None
    sensor_watts: float | None
    """What the whole board draws."""
    input_volts: float | None

    @property
    def watts_of_cpu(self) -> Mapping[int, float]:
        """Watts of each core while it is busy; a core that the model does not know is missing."""
        return {
            cpu: now.busy_watts
            for now in self.clusters
            if now.busy_watts is not None
            for cpu in now.cluster.cpus
        }


class Sampler:
    """Looks at the machine again and again. Used by one thread at a time."""

    def __init__(self, power_sensor: str = "", pid: int | None = None) -> None:
        """`power_sensor`: file of microwatts, empty: look for one; `pid`: daemon, default this process.

        Raises:
            ConfigError: the named sensor is none.
        """
        self.sensor = power.open_sensor(power_sensor)
        self._compatible = tuple(device_tree()[0])
        self._modelled = energy.knows(self._compatible)
        self._clusters = clusters.clusters()
        self._spent = [clusters.time_in_state(cluster) for cluster in self._clusters]
        self._pid = pid

    def take(self, now: float) -> Sample:
        """Look at everything once; `now` in monotonic seconds."""
        gpu = accelerators.gpu()
        return Sample(
            at=now,
            clusters=tuple(self._cluster(index) for index in range(len(self._clusters))),
            gpu=gpu,
            gpu_watts=self._gpu_watts(gpu),
            npu=accelerators.npu(),
            memory_controller=accelerators.memory_controller(),
            zones=thermal.zones(),
            held_down=throttling.held_down(),
            processes=memory.processes(self._pid),
            available_bytes=memory.available_bytes(),
            sensor_watts=self.sensor.watts() if self.sensor else None,
            input_volts=power.input_volts(self._compatible),
        )

    def _gpu_watts(self, gpu: Accelerator | None) -> float | None:
        if gpu is None or gpu.load is None or not self._modelled:
            return None
        busy = energy.busy_watts("G610", gpu.clock_hz)
        return None if busy is None else busy * gpu.load

    def _cluster(self, index: int) -> ClusterNow:
        cluster = self._clusters[index]
        clock = clusters.clock(cluster)
        if not self._modelled:
            return ClusterNow(cluster, clock, None)
        before, spent = self._spent[index], clusters.time_in_state(cluster)
        self._spent[index] = spent
        since = {hz: ticks - before.get(hz, 0) for hz, ticks in spent.items() if ticks > before.get(hz, 0)}
        return ClusterNow(cluster, clock, energy.mean_busy_watts(cluster.core, since, clock.now_hz))
