"""What a driver does to the process that tries it is a sentence, and harms nobody else."""

import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from edged.backends import trial
from edged.backends.child import Stopped, run_child
from edged.backends.cpu.heads import HeadModel
from edged.backends.openers import FeatureModels
from edged.backends.trial import ask_child, judge, try_here
from edged.backends.verdict import Dangerous, Refused
from edged.errors import ProviderUnavailable
from tests.backends import natives
from tests.oww_models import model


def models(stage: str):
    if stage == "features":
        return FeatureModels(model("melspectrogram.onnx"), model("embedding_model.onnx"))
    return (HeadModel("alexa", model("alexa_v0.1.onnx")), HeadModel("timer", model("timer_v0.1.onnx")))


@pytest.mark.parametrize("stage", ["features", "heads"])
@pytest.mark.parametrize(
    ("function", "kind", "reason"),
    [
        ("aborts", Dangerous, r"^the process that tries it is ended by SIGABRT$"),
        ("aborts_later", Dangerous, r"^the process that tries it is ended by SIGABRT$"),
        ("exits", Dangerous, r"^the process that tries it exits with status 3$"),
        ("wrong", Refused, r"(differ by 0\.5, 0\.001 is allowed|scores \d\.\d+ for \S+, the CPU \d\.\d+)"),
        ("nan", Refused, r"^answers NaN or infinity$"),
        ("fails", Refused, r"^fails on its known answers: planned fault$"),
        ("absent", ProviderUnavailable, r"^/dev/dri/renderD129: permission denied$"),
        ("breaks", ProviderUnavailable, r"^RuntimeError: no such symbol: clGetPlatformIDs$"),
        ("nowhere", ProviderUnavailable, r"^AttributeError: .*has no attribute 'nowhere'$"),
    ],
)
def test_what_goes_wrong_in_the_child_is_a_sentence(stage, function, kind, reason):
    said = ask_child(f"tests.backends.natives:{function}", models(stage))
    with pytest.raises(ProviderUnavailable) as caught:
        judge("native", said)
    assert re.search(reason, caught.value.reason)
    assert type(caught.value) is kind


def test_a_driver_that_hangs_is_ended_with_its_process():
    said = ask_child("tests.backends.natives:hangs", models("heads"), limit_s=0.05)
    with pytest.raises(Dangerous, match=r"hangs the process that tries it: no answer in 0\.05 s"):
        judge("native", said)


def test_the_end_of_the_run_ends_the_child():
    seen: list[int] = []

    def over(seconds: float) -> bool:
        task = Path(f"/proc/self/task/{threading.get_native_id()}/children")
        seen.extend(int(child) for child in task.read_text().split())
        return True

    with pytest.raises(Stopped):
        ask_child("tests.backends.natives:hangs", models("heads"), over)
    assert seen
    assert not Path(f"/proc/{seen[-1]}").exists()


def test_one_that_computes_as_the_cpu_does_passes_and_is_measured_at_the_pace_of_sound():
    answer = judge("native", ask_child("tests.backends.natives:honest", models("features")))
    assert answer.mine.p95_ms > 0
    assert 0 < answer.mine.cpu_ms < 80
    assert answer.cpu.cpu_ms == pytest.approx(answer.mine.cpu_ms, rel=3)


@pytest.mark.parametrize("stage", ["features", "heads"])
def test_both_are_measured_by_as_many_steps(stage):
    waited = []
    found = try_here(natives.honest, models(stage), lambda seconds: bool(waited.append(seconds)))
    assert len(waited) == 2 * 35
    assert found.device == "cpu"


def test_a_child_that_answers_too_much_is_not_waited_for_longer(tmp_path):
    ended = run_child("tests.backends.talker", [str(200_000)], limit_s=0.5)
    assert ended.status is None
    assert len(ended.answer) == 64 * 1024


def test_models_reach_the_child_unchanged():
    for stage in ("features", "heads"):
        assert trial.from_text(trial.to_text(models(stage))) == models(stage)
    asked = replace(models("features"), device="0", precision="fp16", mem_limit_mb=7)
    assert trial.from_text(trial.to_text(asked)) == asked
