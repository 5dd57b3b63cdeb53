"""The board, its kernel and the distribution."""

from collections.abc import Iterator

from edged.config.board import choose, device_tree
from edged.doctor.case import Case
from edged.doctor.finding import Finding

NAME = "board"

MEANING = {
    "vendor+mali": "Rockchip's, with Mali's driver: GPU and NPU can be used",
    "vendor+panthor": "Rockchip's, with panthor: the NPU can be used, OpenCL on the GPU cannot",
    "vendor": "Rockchip's, without a driver for the GPU: the NPU can be used",
    "mainline": "mainline: neither the GPU nor the NPU has a driver that edged can use; the CPU does it all",
    "other": "the CPU does it all",
}


def check(case: Case) -> Iterator[Finding]:
    """Say which board this is taken for and what its kernel makes possible."""
    chosen = (case.loaded.board if case.loaded else None) or choose(*device_tree())
    if chosen.why.startswith("nothing in ") and chosen.why.endswith(")"):  # there, and locked
        yield Finding(
            NAME,
            "degraded",
            f"which board this is cannot be told: {chosen.why}",
            'say it: [board] name = "rock-5b" or another of docs/boards.md',
        )
    else:
        yield Finding(NAME, "good", f"{chosen.name}: {chosen.why}")
    release = case.kernel.release or "of unknown release"
    yield Finding(NAME, "good", f"kernel {release}, {MEANING[case.kernel.kind]}")
    yield Finding(NAME, "good", f"distribution: {case.distribution.name}")
