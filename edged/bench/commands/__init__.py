"""Commands of edged-bench that need more than a few lines of their own, one a file."""

import typer

from edged.bench.commands import accuracy, asr, compare, profile, report, threads, utterances


def add_to(app: typer.Typer) -> None:
    """Add them to a command line."""
    app.command("accuracy")(accuracy.accuracy)
    app.command("asr")(asr.asr)
    app.command("compare")(compare.compare)
    app.command("profile")(profile.profile)
    app.command("report")(report.report)
    app.command("threads")(threads.threads)
    app.command("utterances")(utterances.utterances)
