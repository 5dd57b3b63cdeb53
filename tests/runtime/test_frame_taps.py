"""Taps come and go while frames are shown; what is muted is shown to nobody."""

import numpy as np
import pytest
import soundfile

from edged.config.load import load
from edged.messages import Frame
from edged.runtime.frame_taps import FrameTaps
from edged.runtime.pipeline import Pipeline
from tests.daemon import DEMO, models, write_config

__all__ = ["models"]

LONG_S = 60


def frame(start: int) -> Frame:
    return Frame(start, np.zeros(1280, np.int16))


def test_a_tap_is_shown_what_comes_between_its_coming_and_its_going():
    taps, one, other = FrameTaps(), [], []
    add_one, add_other = one.append, other.append
    taps.show(frame(0))
    taps.add(add_one)
    taps.show(frame(1280))
    taps.add(add_other)
    taps.show(frame(2560))
    taps.remove(add_one)
    taps.remove(add_one)
    taps.show(frame(3840))
    assert [each.start for each in one] == [1280, 2560]
    assert [each.start for each in other] == [2560, 3840]


@pytest.fixture
def pipeline(models, tmp_path):
    toml = (
        f"[audio]\nsource = 'wav:{DEMO}'\n[recognize]\nenabled = false\n[[heads.word]]\nname = 'hey_jarvis'\n"
    )
    pipeline = Pipeline(load(write_config(tmp_path / "edged.toml", models, toml)).config, fast=True)
    yield pipeline
    pipeline.stop()


def shown(pipeline: Pipeline) -> list[Frame]:
    frames: list[Frame] = []
    pipeline.heard.add(frames.append)
    pipeline.start()
    assert pipeline.done.wait(LONG_S)
    return frames


def test_all_that_the_path_hears_is_shown(pipeline):
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    assert np.array_equal(np.concatenate([each.pcm for each in shown(pipeline)]), pcm)


def test_what_is_muted_is_shown_to_nobody(pipeline):
    pipeline.wishes.mute("socket")
    assert shown(pipeline) == []
