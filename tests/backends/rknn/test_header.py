"""An RKNN file is judged by its own words, without an NPU."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.backends.rknn.errors import NpuModelRejected
from edged.backends.rknn.header import check_artifact, check_header
from edged.catalog.read import read_model
from tests.assets import asset
from tests.backends.rknn.artifacts import compiled, rknn_file

RIGHT = {
    "openwakeword/alexa_v0.1": ((1, 16, 96), (1, 1)),
    "openwakeword/hey_mycroft_v0.1": ((1, 16, 96), (1, 1)),
    "openwakeword/hey_rhasspy_v0.1": ((1, 16, 96), (1, 1)),
    "openwakeword/timer_v0.1": ((1, 34, 96), (1, 7)),
    "openwakeword/weather_v0.1": ((1, 22, 96), (1, 1)),
    "nsbb/BCResNet-t2-npu-fixed": ((1, 1, 40, 151), (1, 2)),
    "nsbb/test_bcblock": ((1, 1, 20, 151), (1, 16, 20, 151)),
    "nsbb/test_conv_c1": ((1, 1, 40, 151), (1, 16, 40, 151)),
    "nsbb/test_stack_1": ((1, 1, 20, 151), (1, 2, 20, 151)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_files_for_this_chip_are_accepted_and_tell_their_shapes(name):
    facts = check_header(asset(f"rknn/{name}.rknn"))
    assert (facts.form, facts.toolkit) == (6, "2.3.2")
    assert ((facts.inputs[0].shape), facts.outputs[0].shape) == RIGHT[name]


def test_two_inputs_and_an_output_are_told_apart():
    facts = check_header(asset("rknn/rockchip/multiple_input_demo_airockchip.rknn"))
    assert [tensor.name for tensor in facts.inputs] == ["input.1", "input"]
    assert [tensor.name for tensor in facts.outputs] == ["8"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("multiple_input_demo_rk3566", r"made for rk3566, not for rk3588; convert the heads again"),
        (
            "multiple_input_demo_rknpu2",
            r"of format 2, made by toolkit 1\.3\.4-source_code; format 6 is needed",
        ),
    ],
)
def test_other_chips_and_old_formats_are_refused(name, reason):
    with pytest.raises(NpuModelRejected, match=reason):
        check_header(asset(f"rknn/rockchip/{name}.rknn"))


@given(st.data())
def test_a_copy_cut_anywhere_is_refused_by_one_sentence(tmp_path_factory, data):
    whole = rknn_file(b"x" * 300, [("feats", (1, 16, 96))], [("scores", (1, 2))])
    path = tmp_path_factory.mktemp("cut") / "cut.rknn"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(NpuModelRejected) as caught:
        check_header(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("keep", [3, 20, 100, 200_000, -1])
def test_a_real_file_cut_short_is_refused(keep, tmp_path):
    path = tmp_path / "cut.rknn"
    path.write_bytes(asset("rknn/openwakeword/alexa_v0.1.rknn").read_bytes()[:keep])
    with pytest.raises(NpuModelRejected, match=r"is no RKNN file|damaged \(cut short\)"):
        check_header(path)


def test_bytes_behind_the_end_are_refused(tmp_path):
    path = tmp_path / "long.rknn"
    path.write_bytes(asset("rknn/openwakeword/alexa_v0.1.rknn").read_bytes() + b"tail")
    with pytest.raises(NpuModelRejected, match=r"damaged \(4 bytes behind its end\)"):
        check_header(path)


def test_an_absent_file_is_refused(tmp_path):
    with pytest.raises(NpuModelRejected, match="No such file"):
        check_header(tmp_path / "none.rknn")


def artifact_with(tmp_path: Path, **other):
    artifact = read_model(compiled(tmp_path / "rknn-rk3588", ("alexa",)).parent).artifacts[0]
    tensors = {"inputs": [("feats", (1, 16, 96))], "outputs": [("scores", (1, 2))]}
    artifact.file.path.write_bytes(rknn_file(b"", **{**tensors, **other}))
    return artifact


def test_a_file_of_the_promised_shape_is_accepted(tmp_path):
    check_artifact(artifact_with(tmp_path))


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (
            {"inputs": [("feats", (1, 96, 16))]},
            r"takes feats \(1, 96, 16\), its model\.toml says feats \(1, 16",
        ),
        ({"outputs": [("scores", (1, 3))]}, r"answers scores \(1, 3\), its model\.toml says scores \(1, 2\)"),
        (
            {"outputs": [("a", (1, 2)), ("b", (1, 2))]},
            r"answers a \(1, 2\), b \(1, 2\), its model\.toml says",
        ),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path, other, reason):
    with pytest.raises(NpuModelRejected, match=reason):
        check_artifact(artifact_with(tmp_path, **other))


def test_a_file_that_tells_its_shapes_in_no_known_form_is_left_to_the_probe(tmp_path):
    artifact = artifact_with(tmp_path, norm_tensor={"renamed": 1})
    assert check_header(artifact.file.path).inputs == ()
    check_artifact(artifact)
