"""What each stage runs on, and why not on something better."""

from collections.abc import Iterator

from edged.doctor.case import Case
from edged.doctor.finding import Finding
from edged.errors import EdgedError
from edged.messages import Fallback, Ready
from edged.runtime.health import health
from edged.runtime.kit import open_kit
from edged.runtime.report import Backend

NAME = "stages"


def check(case: Case) -> Iterator[Finding]:
    """Take the word of the daemon that runs; without one, open the models and see what serves."""
    found = health()
    report = found.report
    if report is None or found.exit_code == 3 or not report.backends:
        yield from _opened(case)
        return
    for backend in report.backends:
        yield Finding(NAME, "good", _line(backend))
    for sentence in report.degraded:
        yield Finding(NAME, "degraded", sentence, "see `gpu` and `npu` here, and journalctl -u edged")


def _line(backend: Backend) -> str:
    reason = f" ({backend.reason})" if backend.reason else ""
    return f"{backend.stage}: {backend.provider} {backend.state}{reason}"


def _opened(case: Case) -> Iterator[Finding]:
    try:
        kit = open_kit(case.config)
    except EdgedError as exc:
        yield Finding(NAME, "broken", f"they cannot be opened: {exc}", "see `models` and `files` here")
        return
    try:
        said = list(kit.opening())
    finally:
        kit.close()
    for body in said:
        match body:
            case Ready():
                yield Finding(NAME, "good", f"features: {body.backend.features}, heads: {body.backend.heads}")
                recognizer = (
                    f"{body.recognizer} on cpu, in a process of its own" if body.recognizer else "off"
                )
                yield Finding(NAME, "good", f"recognize: {recognizer}")
            case Fallback(stage=stage, from_=first, to=to, reason=reason):
                remedy = f'say [{stage}] backend = "{to}" if that is what you want'
                yield Finding(NAME, "degraded", f"{stage}: on {to} instead of {first} ({reason})", remedy)
            case _:
                pass
