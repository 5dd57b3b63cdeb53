"""What was compiled for the NPU is checked by its own words, and heads without a graph are named."""

import pytest

from edged.doctor import npu
from edged.doctor.case import take
from tests.backends.rknn.artifacts import compiled
from tests.daemon import install
from tests.doctor.patients import patient


@pytest.fixture
def board(root, bin_folder):
    return patient(root, "orangepi-5", "v61")


@pytest.fixture
def models(tmp_path):
    folder = tmp_path / "own models"
    for name in ("alexa", "hey_jarvis"):
        install(folder, name)
    compiled(folder / "rknn-rk3588", ("alexa",))
    return folder


def told(tmp_path, models, words=("alexa",), heads=""):
    file = tmp_path / "own.toml"
    lines = "".join(f'[[heads.word]]\nname = "{word}"\n' for word in words)
    file.write_text(f'[models]\ndir = "{models}"\n[heads]\n{heads}\n{lines}')
    return list(npu.check(take(file)))


def test_a_graph_says_what_it_holds_and_who_made_it(board, tmp_path, models):
    findings = [each for each in told(tmp_path, models) if "heads-16-plain.rknn" in each.what]
    (finding,) = findings
    assert finding.state == "good"
    assert finding.what.endswith("alexa (fp16, plain, made by toolkit 2.5.0)")


def test_the_package_is_only_missed_where_there_is_something_to_run(board, tmp_path, models):
    package = [each for each in told(tmp_path, models) if each.what.startswith("rknn-toolkit-lite2 is not")]
    assert [each.state for each in package] == ["degraded"]
    assert "edged[npu]" in package[0].remedy or "3.12" in package[0].remedy
    package = [
        each for each in told(tmp_path, tmp_path / "none") if each.what.startswith("rknn-toolkit-lite2 is")
    ]
    assert [each.state for each in package] == ["good"]


def test_a_damaged_graph_is_said_with_the_way_out(board, tmp_path, models):
    file = models / "rknn-rk3588/heads-16-plain.rknn"
    file.write_bytes(file.read_bytes()[:-9])
    (finding,) = [each for each in told(tmp_path, models) if "heads-16" in each.what]
    assert finding.state == "degraded"
    assert "damaged (cut short)" in finding.what
    assert finding.remedy == "edged models convert"


@pytest.mark.parametrize(("heads", "state"), [("", "good"), ('backend = "rknn"', "degraded")])
def test_a_head_without_a_graph_is_named(board, tmp_path, models, heads, state):
    findings = told(tmp_path, models, ("alexa", "hey_jarvis"), heads)
    (finding,) = [each for each in findings if "stays on the CPU" in each.what]
    assert finding.what.startswith("hey_jarvis: no compiled graph holds it")
    assert finding.state == state


def test_where_nothing_is_compiled_or_wanted_it_says_how_to_begin(board, tmp_path, models):
    for folder, heads in ((tmp_path / "none", ""), (models, 'backend = "cpu"')):
        assert any(
            each.what.startswith("nothing is compiled for") for each in told(tmp_path, folder, heads=heads)
        )
