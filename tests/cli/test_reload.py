"""SIGHUP to a running `edged run`: what can be taken is, a bad file changes nothing, and both are said."""

import signal
from pathlib import Path

import pytest

from tests.cli.test_run import Pipe, read_until, texts
from tests.daemon import TEXT, config, models, write_config

__all__ = ["config", "models"]


class Running(Pipe):
    """edged hearing a pipe, ready, before the wake word."""

    def __init__(self, config: Path) -> None:
        super().__init__(config)
        self.send(0, 0.5)
        read_until(self.process, "ready")

    def reload(self, sentence: str) -> str:
        """Send SIGHUP and return the line on stderr that says this."""
        self.process.send_signal(signal.SIGHUP)
        for line in self.process.stderr:
            if sentence in line:
                return line
        raise AssertionError(f"never said: {sentence}")

    def hear_the_rest(self) -> list[dict]:
        self.send(0.5)
        return self.finish()


def test_a_threshold_out_of_reach_is_taken_at_once(config, models):
    running = Running(config)
    write_config(config, models, "[heads]\nthreshold = 1.0\n")
    assert running.reload("in force now").endswith("in force now: heads\n")
    told = running.hear_the_rest()
    assert [event["event"] for event in told] == ["stats"]


def test_scores_are_sent_from_then_on(config, models):
    running = Running(config)
    write_config(config, models, "[sinks.jsonl]\nscores = true\n")
    assert "in force now: sinks.jsonl" in running.reload("in force now")
    told = running.hear_the_rest()
    scores = [event for event in told if event["event"] == "scores"]
    assert 0 < len(scores) < told[-1]["hops"]
    assert texts(told) == [TEXT]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[heads]\ntreshold = 1.0\n", "edged.toml:5: [heads] treshold: unknown key; did you mean"),
        ("[heads\nthreshold = 1.0\n", "edged.toml:4: not TOML"),
    ],
    ids=["key", "form"],
)
def test_a_bad_file_changes_nothing_and_is_said(config, models, toml, said):
    running = Running(config)
    write_config(config, models, toml)
    assert "configuration not taken, the old one stays: " in running.reload(said)
    assert texts(running.hear_the_rest()) == [TEXT]


def test_what_waits_for_the_next_start_is_named_and_the_run_goes_on(config, models):
    running = Running(config)
    write_config(config, models, '[recognize]\nmodel = "another"\nnice = 3\n')
    assert "next start: recognize.model, recognize.nice" in running.reload("takes effect at the next start")
    assert texts(running.hear_the_rest()) == [TEXT]


def test_the_same_file_again_changes_nothing(config):
    running = Running(config)
    assert "nothing new" in running.reload("in force now")
    assert texts(running.hear_the_rest()) == [TEXT]
