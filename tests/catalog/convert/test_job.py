import dataclasses

import numpy as np
import pytest

from edged.catalog.convert.job import Job, NotCompiled, compile_graph, explain
from edged.catalog.convert.placement import Placement
from edged.graphs.head_graph import read_heads
from edged.graphs.merged_heads import merge
from tests.catalog.convert.toolkits import use
from tests.graphs.heads import answers, head, windows


def job(**changes) -> Job:
    merged = merge(read_heads([("alexa", head("alexa"))]), 7)
    return dataclasses.replace(
        Job(merged.model, "rk3588", {"feats": windows(16, 5)}, ["scores"], "edged;key=1"), **changes
    )


def test_a_graph_is_compiled_and_simulated_in_a_child(monkeypatch, tmp_path):
    said: list[str] = []
    wanted = job()
    made = compile_graph(wanted, use(monkeypatch), tmp_path, said.append)
    assert made.file.read_bytes().startswith(b"RKNN")
    assert made.placement == Placement(2, ())
    np.testing.assert_allclose(
        made.answers["scores"], answers(wanted.model, wanted.inputs["feats"]), atol=0.02
    )
    assert said == ["start", "load", "build", "export", "simulate 0/5"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("build:segfault", "the compiler crashes on it (SIGSEGV while it is at 'build')"),
        ("build:raise AttributeError: no such thing", "refuses it at 'build': AttributeError: no such thing"),
        ("build:answer -1", "refuses it at 'build': RuntimeError: build answers -1"),
        ("load:answer -1", "refuses it at 'load': RuntimeError: load_onnx answers -1"),
        ("build:memory", "needs more memory than it may have while it is at 'build'"),
        ("build:bad_alloc", "needs more memory than it may have while it is at 'build'"),
        ("build:much", "needs more memory than it may have while it is at 'build'"),
        ("build:leave", "the compiler leaves with status 3"),
        ("build:hang", "takes longer than 4 s while it is at 'build'"),
        ("simulate:none", "the simulator gives no answer"),
        ("export:nothing", "has made nothing that can be read"),
    ],
)
def test_whatever_ends_the_compiler_is_one_sentence(fault, said, monkeypatch, tmp_path):
    limit = 3.5 if "hang" in fault else 60.0
    with pytest.raises(NotCompiled) as caught:
        compile_graph(job(limit_s=limit), use(monkeypatch, fault), tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_compiler_that_stumbles_over_its_own_rule_is_asked_again_without_it(monkeypatch, tmp_path):
    assert compile_graph(job(), use(monkeypatch, "build:split"), tmp_path).file.is_file()


@pytest.mark.parametrize(
    ("status", "said", "log", "sentence"),
    [
        (0, [{"done": True}], "", None),
        (0, [], "", "the compiler ends with status 0 while it is at 'build', without a word"),
        (1, [], "Traceback", "the compiler ends with status 1 while it is at 'build', without a word"),
        (-9, [], "", "the compiler crashes on it (SIGKILL while it is at 'build')"),
        (-77, [], "", "the compiler crashes on it (signal 77 while it is at 'build')"),
        (-6, [{"done": True}], "", "the compiler crashes on it (SIGABRT while it is at 'build')"),
    ],
)
def test_how_a_child_ended_is_told_from_all_that_is_known(status, said, log, sentence):
    assert explain(status, said, "build", log, 120) == sentence
