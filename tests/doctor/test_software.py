"""Whether recognizers can run on the NPU is told without trying, and is amiss only where it is asked for."""

from edged.doctor import software
from edged.doctor.case import take


def about_npu(config_file):
    (finding,) = [each for each in software.check(take(config_file)) if "recognizers" in each.what]
    return finding


def test_a_sherpa_onnx_without_rknn_is_said(config_file):
    finding = about_npu(config_file)
    assert finding.state == "good"
    assert (
        "the installed sherpa-onnx is not built for RKNN (nothing in it needs librknnrt.so)" in finding.what
    )


def test_it_is_amiss_where_a_recognizer_for_the_npu_is_asked_for(config_file):
    config_file.write_text('[recognize]\naccelerated = "sense-voice-rk3588"\n')
    finding = about_npu(config_file)
    assert finding.state == "degraded"
    assert finding.what.startswith("sense-voice-rk3588 is not asked: ")
    assert "accelerated" in finding.remedy
