"""A daemon whose path hangs when it is told to: `edged run` with a CPU backend that may never come back.

Nothing of edged can be asked to hang, so the bench runs this program in its place: the same daemon, opened
with another table of providers.
"""

import argparse
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

from edged.backends.backend import FeatureBackend
from edged.backends.faulty import Fault, Faults, FaultyFeatures
from edged.backends.openers import OPENERS, FeatureModels, Opener
from edged.bench.faults.arecord import FOLDER
from edged.command import run_command
from edged.config.load import load
from edged.runtime.daemon import Daemon
from edged.runtime.pipeline import Pipeline

HANG = "hang"
"""File in the microphone's folder: while it is there, no step of the features returns."""


def main() -> None:
    """Run the daemon on the arguments of `edged run` that the bench uses."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--source")
    parser.add_argument("--events")
    parser.add_argument("-c", dest="config", type=Path)
    asked = parser.parse_args()
    config = load(
        asked.config, overrides={"audio.source": asked.source, "sinks.jsonl.path": asked.events}
    ).config
    openers = replace(OPENERS, features={**OPENERS.features, "cpu": Opener(_open)})
    Daemon(lambda taps: Pipeline(config, taps=taps, openers=openers), None, config.service.stall_s).run()


def _open(models: FeatureModels) -> FeatureBackend:
    real = OPENERS.features["cpu"].open(models)
    return FaultyFeatures(real, real.provider, Faults(_planned, time.sleep, threading.Event().wait))


def _planned() -> Fault | None:
    return "hang" if Path(os.environ[FOLDER], HANG).exists() else None


if __name__ == "__main__":
    run_command("edged", main)
