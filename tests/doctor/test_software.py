"""What edged stands on is told with its version; what only some need is amiss where they ask for it."""

from importlib.metadata import PackageNotFoundError, version

import pytest

from edged.doctor import software
from edged.doctor.case import take
from edged.doctor.finding import worst


@pytest.fixture
def found(config_file, monkeypatch):
    """Returns what is said where these packages have other versions; None: not installed."""

    def check(**others: str | None):
        def installed(package: str) -> str:
            here = others.get(package.replace("-", "_"), version(package))
            if here is None:
                raise PackageNotFoundError(package)
            return here

        monkeypatch.setattr(software, "version", installed)
        monkeypatch.setattr(software, "find_library", lambda name: f"lib{name}.so")
        return list(software.check(take(config_file)))

    return check


def test_versions_that_are_right_are_told(found):
    findings = found()
    assert worst(findings) == "good"
    for package in ("numpy", "onnxruntime", "sherpa-onnx", "soxr", "soundfile"):
        assert f"{package} {version(package)}" in findings[0].what


def test_another_sherpa_onnx_is_said_with_the_one_that_is_right(found):
    """2.0.0 computes other features from the same sound."""
    first, *rest = found(sherpa_onnx="2.0.0")
    assert (first.state, first.what) == ("degraded", "sherpa-onnx is 2.0.0, and edged was made for 2.0.1")
    assert first.remedy
    assert worst(rest) == "good"


def test_a_package_that_is_missing_is_broken_and_the_rest_is_still_told(found):
    first, then, *_ = found(onnxruntime=None)
    assert (first.state, first.what) == ("broken", "the Python package onnxruntime is missing")
    assert first.remedy
    assert "onnxruntime" not in then.what
    assert "sherpa-onnx" in then.what


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
