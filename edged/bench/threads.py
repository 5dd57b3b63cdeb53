"""Threads, parallel execution and spinning, measured on the embedding: each as a ratio to edged's setting.

Settings run in turn, in another order each round, with a rest between two so that a pool which still spins
does not weigh on the next. Two graphs: the streaming one that edged runs, and the model as it is published,
whose window of 76 frames other programs compute anew for every hop.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edged.bench.spread import enough, ratio, spread
from edged.graphs import streaming_embedding

WARM_ROUNDS = 1
REST_S = 0.02


@dataclass(frozen=True, slots=True)
class Setting:
    """What an onnxruntime session is opened with."""

    name: str
    intra: int = 1
    inter: int = 1
    parallel: bool = False
    spinning: bool = False


SETTINGS = (
    Setting("edged"),
    Setting("2 threads", intra=2),
    Setting("4 threads", intra=4),
    Setting("2 threads, spinning", intra=2, spinning=True),
    Setting("4 threads, spinning", intra=4, spinning=True),
    Setting("parallel", inter=2, parallel=True),
    Setting("4 threads, 2 parallel, spinning", intra=4, inter=2, parallel=True, spinning=True),
)
"""The first is what the others are compared with; the last is what guides for servers advise."""

Step = Callable[[], object]


def run(embedding: Path, rounds: int, steps: int, settings: Sequence[Setting] = SETTINGS) -> dict[str, Any]:
    """Measure every setting on both graphs.

    Args:
        embedding: the model's file.
        rounds: of each setting that count.
        steps: in a round; milliseconds are per step.
        settings: the first is the one that counts as 1.

    Raises:
        ConfigError: too few rounds.
        ModelError: the file is damaged or another model.
    """
    enough(rounds)
    streaming = streaming_embedding.build(embedding).model
    graphs = {"streaming": streaming, "window": embedding.read_bytes()}
    return {
        "bench": "threads",
        "unit": "milliseconds per hop, wall and processor; ratios to the first setting, round by round",
        "warm_up_rounds": WARM_ROUNDS,
        "rounds": rounds,
        "steps": steps,
        "graphs": {name: _graph(model, rounds, steps, settings) for name, model in graphs.items()},
    }


def _graph(model: bytes, rounds: int, steps: int, settings: Sequence[Setting]) -> list[dict[str, Any]]:
    opened = [_open(model, setting) for setting in settings]
    walls: list[list[float]] = [[] for _ in settings]
    cpus: list[list[float]] = [[] for _ in settings]
    for number, order in enumerate(shuffled(len(settings), WARM_ROUNDS + rounds)):
        for which in order:
            wall, cpu = _round(opened[which], steps)
            if number >= WARM_ROUNDS:
                walls[which].append(wall)
                cpus[which].append(cpu)
    return [
        {
            **asdict(setting),
            "wall_ms": spread(walls[index]),
            "cpu_ms": spread(cpus[index]),
            "wall_ratio": ratio(walls[index], walls[0]),
            "cpu_ratio": ratio(cpus[index], cpus[0]),
        }
        for index, setting in enumerate(settings)
    ]


def shuffled(count: int, rounds: int) -> list[list[int]]:
    """Return an order for each round, the same every time.

    In a fixed order each would always follow the same other, and after one that takes all cores a machine
    with a budget gives the next one less: "2 threads" seemed twice as cheap as one that way.
    """
    rng = random.Random(0)
    return [rng.sample(range(count), count) for _ in range(rounds)]


def _round(step: Step, steps: int) -> tuple[float, float]:
    """Return wall and processor milliseconds per step; the rest after them is not in the wall's."""
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(steps):
        step()
    wall = time.perf_counter() - wall
    time.sleep(REST_S)  # what still spins is paid for by whom it belongs to
    return wall * 1e3 / steps, (time.process_time() - cpu) * 1e3 / steps


def _open(model: bytes, setting: Setting) -> Step:
    import onnxruntime

    ort: Any = onnxruntime  # ships no type stubs
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads, options.inter_op_num_threads = setting.intra, setting.inter
    if setting.parallel:
        options.execution_mode = ort.ExecutionMode.ORT_PARALLEL
    spinning = "1" if setting.spinning else "0"
    options.add_session_config_entry("session.intra_op.allow_spinning", spinning)
    options.add_session_config_entry("session.inter_op.allow_spinning", spinning)
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    rng = np.random.RandomState(0)
    feed = {
        each.name: rng.standard_normal(_shape(each.shape)).astype(np.float32) for each in session.get_inputs()
    }
    return lambda: session.run(None, feed)


def _shape(shape: Sequence[Any]) -> tuple[int, ...]:
    """Return the shape of an input; a free axis of the published model is the batch."""
    return tuple(axis if isinstance(axis, int) else 1 for axis in shape)


def table(result: Mapping[str, Any]) -> str:
    """Return a result of `run` as text for people."""
    lines = [
        f"{result['unit']}; {result['rounds']} rounds of {result['steps']}, {result['warm_up_rounds']} before"
    ]
    form = "{:<34}{:>10}{:>10}{:>28}{:>28}"
    for name, rows in result["graphs"].items():
        lines += ["", form.format(name, "wall ms", "cpu ms", "wall ratio [95 %]", "cpu ratio [95 %]")]
        for row in rows:
            wall, cpu = row["wall_ms"]["median"], row["cpu_ms"]["median"]
            ratios = (_ratio(row["wall_ratio"]), _ratio(row["cpu_ratio"]))
            lines.append(form.format(f"  {row['name']}", f"{wall:.3f}", f"{cpu:.3f}", *ratios))
    return "\n".join(lines)


def _ratio(value: Mapping[str, Any]) -> str:
    return f"{value['median']:.2f} [{value['low']:.2f} … {value['high']:.2f}]"
