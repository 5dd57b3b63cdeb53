"""The recording of the demo can be made again by anyone, and edged understands what comes out."""

import shutil
import subprocess
import sys

import pytest

from tests.daemon import ROOT, TEXT, config, events, models, run

__all__ = ["config", "models"]


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_recording_made_anew_is_woken_by_and_understood(config, tmp_path):
    made = tmp_path / "demo.wav"
    subprocess.run([sys.executable, ROOT / "scripts" / "make-demo-recording", made], check=True)
    code, out, err = run("run", "-c", config, "--source", f"wav:{made}", "--pace", "fast", "--events", "-")
    assert code == 0, err
    assert [event["text"] for event in events(out) if event["event"] == "final"] == [TEXT]
