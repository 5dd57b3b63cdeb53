"""What each OpenCL kernel of a step takes, by the device's own clock, and what the wall shows beside it.

In a process of its own, as everything that opens a driver: the one that asks gets an answer or a reason.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from edged.backends.child import run_child
from edged.backends.openers import FeatureModels
from edged.bench.spread import spread
from edged.bench.telling import tell
from edged.errors import ProviderUnavailable

LIMIT_S = 300.0
"""Seconds it may take: kernels are compiled and tuned the first time."""

WARM_STEPS = 5


def run(models: FeatureModels, steps: int) -> dict[str, Any]:
    """Profile the kernels that this machine's OpenCL device runs.

    Args:
        models: with the device and precision that are asked for.
        steps: that count.

    Raises:
        ProviderUnavailable: there is no such device, or it does not compute.
    """
    from edged.backends.trial import to_text

    try:
        ended = run_child(__name__, [to_text(models), str(steps)], LIMIT_S)
    except OSError as exc:
        raise ProviderUnavailable("opencl", f"no process can be started ({exc})") from exc
    if ended.status != 0:
        raise ProviderUnavailable("opencl", f"the process that measures it {ended.how}")
    said = json.loads(ended.answer)
    if "why" in said:
        raise ProviderUnavailable("opencl", said["why"])
    return {"bench": "profile", "unit": "microseconds per hop of 80 ms", **said}


def measure(models: FeatureModels, steps: int) -> dict[str, Any]:
    """Open the device here and profile it.

    Raises:
        ProviderError: it cannot be opened, or fails.
    """
    from edged.backends.opencl.opening import open_features

    features = open_features(models)
    try:
        features.profiled(WARM_STEPS)
        found, told = features.profiled(steps), features.stats()
        return {
            "device": told.device,
            "driver": told.driver,
            "precision": told.precision,
            "choice": str(told.choice),
            "warm_up_steps": WARM_STEPS,
            "steps": steps,
            "kernels": [
                {"name": name, "us": spread([step[index] * 1e6 for step in found.kernels_s], 2)}
                for index, name in enumerate(found.names)
            ],
            "kernels_us": spread([sum(step) * 1e6 for step in found.kernels_s], 2),
            "wall_us": spread([wall * 1e6 for wall in found.walls_s], 2),
        }
    finally:
        features.close()


def table(result: Mapping[str, Any]) -> str:
    """Return a result of `run` as text for people."""
    lines = [
        f"{result['device']}, driver {result['driver']}, {result['precision']}; {result['choice']}",
        f"{result['unit']}; {result['steps']} steps, {result['warm_up_steps']} before them not counted",
        "",
    ]
    form = "{:<28}{:>10}{:>10}{:>9}"
    lines.append(form.format("kernel", "median", "iqr", "share"))
    whole = result["kernels_us"]["median"]
    for kernel in result["kernels"]:
        median, iqr = kernel["us"]["median"], kernel["us"]["iqr"]
        share = f"{median / whole:.1%}" if whole else "-"
        lines.append(form.format(kernel["name"], f"{median:.1f}", f"{iqr:.1f}", share))
    for name, key in (("all kernels", "kernels_us"), ("wall", "wall_us")):
        lines.append(form.format(name, f"{result[key]['median']:.1f}", f"{result[key]['iqr']:.1f}", ""))
    return "\n".join(lines)


def _main(fd: int, text: str, steps: str) -> None:
    from edged.backends.trial import from_text

    models = from_text(text)
    assert isinstance(models, FeatureModels)  # as `run` asks
    tell(fd, lambda: measure(models, int(steps)))


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
