"""What each stage runs on, and why not on something better."""

from collections.abc import Iterator

from edged.backends.verdict import Verdict
from edged.doctor.case import Case
from edged.doctor.finding import Finding
from edged.errors import EdgedError
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
        kit = open_kit(case.config, background=False)
    except EdgedError as exc:
        yield Finding(NAME, "broken", f"they cannot be opened: {exc}", "see `models` and `files` here")
        return
    try:
        kit.scorers.chains.work()  # candidates are tried now, not while somebody waits for a wake word
        verdicts = kit.verdicts()
    finally:
        kit.close()
    asked = {"features": case.config.features.backend, "heads": case.config.heads.backend}
    for one in verdicts:
        yield _judged(one, named=asked.get(one.stage) == one.provider)
    recognizer = f"{kit.recognizer.name} on cpu, in a process of its own" if kit.recognizer else "off"
    yield Finding(NAME, "good", f"recognize: {recognizer}")


def _judged(one: Verdict, *, named: bool) -> Finding:
    """Return what to say of a backend: one that cannot serve is amiss only where it was asked for by name."""
    line = _line(Backend(one.stage, one.provider, one.state, one.reason))
    if not named or one.state in ("serving", "standby", "untried"):
        return Finding(NAME, "good", line)
    return Finding(NAME, "degraded", line, f'say [{one.stage}] backend = "cpu" if that is what you want')
