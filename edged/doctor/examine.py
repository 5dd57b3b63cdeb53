"""All checks, one after the other; none of them can stop the others."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from edged import __version__
from edged.doctor import audio, board, clocks, files, gpu, groups, models, npu, service, software, stages
from edged.doctor.case import Case, take
from edged.doctor.finding import Finding, worst

CHECKS: tuple[ModuleType, ...] = (
    board, software, files, groups, audio, models, gpu, npu, clocks, stages, service
)  # fmt: skip
"""In the order in which a person would look."""

Check = Callable[[Case], Iterable[Finding]]


def examine(file: Path | None) -> Iterator[Finding]:
    """Yield what every check finds. file: the configuration; None for the default."""
    case = take(file)
    for module in CHECKS:
        yield from guarded(module.NAME, cast("Check", module.check), case)


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return what `edged doctor --json` prints."""
    return {
        "version": __version__,
        "state": worst(findings),
        "findings": [dataclasses.asdict(finding) for finding in findings],
    }


def guarded(name: str, check: Check, case: Case) -> Iterator[Finding]:
    """Yield what a check finds; a fault in it is a finding like any other."""
    try:
        yield from check(case)
    except Exception as exc:  # noqa: BLE001 - whatever breaks here, the other checks are what a person came for
        what = f"this check itself broke: {type(exc).__name__}: {exc}"
        yield Finding(name, "degraded", what, "please report this with the output of `edged doctor --json`")
