"""A model is read when the run opens, and never again however many commands follow."""

import json
import shutil

import numpy as np
import soundfile

from edged.config.load import load
from edged.geometry import HOP
from edged.runtime.pipeline import Pipeline
from tests.daemon import DEMO, ROOT, TEXT, models, write_config

__all__ = ["models"]

COMMANDS = 20


def test_commands_are_answered_when_every_model_file_is_gone_after_the_start(models, tmp_path):
    folder = tmp_path / "models"
    shutil.copytree(models, folder)
    shutil.copytree(ROOT / "models" / "selftest", folder / "selftest")
    pcm, rate = soundfile.read(DEMO, dtype="int16")
    one = pcm[: len(pcm) // HOP * HOP]  # hops fall alike in each
    soundfile.write(tmp_path / "many.wav", np.tile(one, COMMANDS), rate)
    out = tmp_path / "events.jsonl"
    source = f'[audio]\nsource = "wav:{tmp_path / "many.wav"}"\n[sinks.jsonl]\npath = "{out}"\n'
    pipeline = Pipeline(
        load(write_config(tmp_path / "edged.toml", folder, source), environ={}).config, fast=True
    )
    try:
        shutil.rmtree(folder)
        pipeline.start()
        assert pipeline.done.wait(100)
    finally:
        pipeline.stop()
    events = [json.loads(line) for line in out.read_text().splitlines()]
    assert [event["text"] for event in events if event["event"] == "final"] == [TEXT] * COMMANDS
    assert [event for event in events if event["event"] == "restarted"] == []
