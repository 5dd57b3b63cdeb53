"""A kit on backends of the test's choice hears what the plain one hears."""

import time

import pytest
import soundfile

from edged.backends.cpu.features import CpuFeatures
from edged.backends.cpu.heads import CpuHeads
from edged.backends.faulty import Fault, Faults, FaultyFeatures, FaultyHeads
from edged.backends.openers import OPENERS, Opener, Openers
from edged.config.load import load
from edged.geometry import HOP
from edged.messages import Activation, Frame, Ready, Restarted, Scores
from edged.runtime.commands import Commands
from edged.runtime.ear import Ear
from edged.runtime.kit import open_kit
from edged.runtime.timing import StageTimes
from tests.daemon import DEMO, models, write_config

__all__ = ["models"]


def heard(config, openers: Openers = OPENERS, at=lambda hop: None) -> list:
    """Every event of the demo recording, `ready` behind the first hop as the daemon does."""
    said: list = []

    def emit(stream, utterance, sample, body):
        said.append(body)

    kit = open_kit(config, openers)
    times = StageTimes()
    ear = Ear("wav", kit, config, emit, Commands("wav", emit, times), times)
    pcm, _ = soundfile.read(DEMO, dtype="int16")
    for hop, start in enumerate(range(0, len(pcm) - HOP, HOP)):
        at(hop)
        ear.feed(Frame(start, pcm[start : start + HOP]), time.perf_counter())
        if hop == 0:
            for body in kit.opening():
                ear.say(body)
    kit.close()
    return said


@pytest.mark.parametrize("stage", ["features", "heads"])
@pytest.mark.parametrize("fault", ["fail", "nan", "shape"])
def test_a_fault_in_the_only_backend_is_mended_in_its_hop(models, tmp_path, stage, fault):
    wake_only = "[recognize]\nenabled = false\n"
    plain = heard(load(write_config(tmp_path / "a.toml", models, wake_only), environ={}).config)
    waiting: list[Fault] = []
    faults = Faults(lambda: waiting.pop() if waiting else None, lambda seconds: None, lambda: None)

    def features(files):
        return FaultyFeatures(CpuFeatures(files.melspectrogram, files.embedding), "opencl", faults)

    def heads(found):
        return FaultyHeads(CpuHeads(found), "rknn", faults)

    table, provider = {
        "features": (Openers({**OPENERS.features, "opencl": Opener(features)}, OPENERS.heads), "opencl"),
        "heads": (Openers(OPENERS.features, {**OPENERS.heads, "rknn": Opener(heads)}), "rknn"),
    }[stage]
    named = f'{wake_only}[{stage}]\nbackend = "{provider}"\n'
    config = load(write_config(tmp_path / "b.toml", models, named), environ={}).config
    disturbed = heard(config, table, lambda hop: hop == 40 and waiting.append(fault))
    assert [body for body in disturbed if isinstance(body, Scores)] == [
        body for body in plain if isinstance(body, Scores)
    ]
    (mine,), (other,) = ([b for b in said if isinstance(b, Activation)] for said in (disturbed, plain))
    assert (mine.score, mine.end_sample) == (other.score, other.end_sample)
    assert getattr(mine.backend, stage) == provider
    assert [type(body) for body in disturbed if isinstance(body, Ready | Restarted)] == [Ready, Restarted]
    assert next(body for body in disturbed if isinstance(body, Restarted)).stage == stage
