"""Recordings that libsndfile does not know, by way of ffmpeg: bounded, and a sentence where it fails."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edged.errors import AudioInputError, UnsupportedAudio
from edged.geometry import SAMPLE_RATE
from edged.stages.audio import container
from edged.stages.audio.container import Container, open_recording
from edged.stages.audio.intake import AS_IT_IS, Intake
from edged.stages.audio.recording import Recording, read_all
from tests.daemon import DEMO

FORMS = ["mp4", "m4a", "aac", "webm", "mkv", "3gp", "avi", "flv", "video"]


@pytest.fixture(scope="module")
def ffmpeg():
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg absent: apt install ffmpeg")

    def run(*arguments):
        subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True, timeout=60)

    return run


@pytest.fixture(scope="module")
def made(ffmpeg, tmp_path_factory):
    """The demo's recording in each form."""
    folder = tmp_path_factory.mktemp("forms")
    for form in FORMS:
        if form == "video":
            video = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=9", "-shortest")
            ffmpeg("-i", DEMO, *video, "-map", "0:a", "-map", "1:v", folder / "video.mp4")
        else:
            codec = ("-ar", "44100") if form == "flv" else ()
            more = ("-c:a", "aac") if form in ("3gp", "flv") else ()
            ffmpeg("-i", DEMO, *codec, *more, folder / f"x.{form}")
    return lambda form: folder / ("video.mp4" if form == "video" else f"x.{form}")


def read(path, intake=AS_IT_IS):
    source = open_recording(path, intake)
    try:
        pieces = []
        while (frame := source.read()) is not None:
            assert frame.start == sum(map(len, pieces))
            pieces.append(frame.pcm)
        assert source.read() is None
        return np.concatenate(pieces)
    finally:
        source.close()
        source.close()


@pytest.mark.parametrize("form", FORMS)
def test_the_sound_of_a_container_is_that_of_its_recording(made, form):
    wanted, found = read_all(DEMO), read(made(form))
    assert abs(len(found) - len(wanted)) < 0.2 * SAMPLE_RATE  # codecs add a frame or two
    frames = [pcm[: len(pcm) // 320 * 320].reshape(-1, 320) for pcm in (wanted, found)]
    loud = [np.sqrt(np.mean(each**2.0, axis=1)) for each in frames]
    near = min(map(len, loud)) - 10
    alike = [np.corrcoef(loud[0][:near], loud[1][late : late + near])[0, 1] for late in range(10)]
    assert max(alike) > 0.95  # codecs are late, too


def test_what_libsndfile_reads_needs_no_ffmpeg(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: pytest.fail(f"asked for {name}"))
    source = open_recording(DEMO)
    assert isinstance(source, Recording)
    source.close()


def test_amr_is_read(ffmpeg, tmp_path):
    frame = b"\x3c" + bytes(31)  # 20 ms at 12.2 kbit/s
    (tmp_path / "x.amr").write_bytes(b"#!AMR\n" + frame * 50)
    assert len(read(tmp_path / "x.amr")) == SAMPLE_RATE


def test_a_channel_is_chosen_or_told_to_be_absent(ffmpeg, tmp_path):
    ffmpeg(
        "-f", "lavfi", "-i", "aevalsrc=0|0.5*sin(440*2*PI*t):d=1:s=16000", "-c:a", "flac", tmp_path / "x.mkv"
    )
    assert np.abs(read(tmp_path / "x.mkv", Intake(channel=0))).max() == 0
    assert np.abs(read(tmp_path / "x.mkv", Intake(channel=1))).max() > 16_000
    with pytest.raises(AudioInputError, match="channel 2 asked for, but it has 2"):
        read(tmp_path / "x.mkv", Intake(channel=2))


def test_without_ffmpeg_the_sentence_says_what_is_needed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "x.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(100))
    with pytest.raises(UnsupportedAudio, match="apt install ffmpeg"):
        open_recording(tmp_path / "x.mp4")


@pytest.mark.parametrize("begins", [b"RIFF", b"fLaC", b"OggS"])
def test_a_damaged_recording_of_a_known_form_is_not_called_unsupported(tmp_path, monkeypatch, begins):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "x").write_bytes(begins + (b"\1\1\1\1WAVE" if begins == b"RIFF" else b"") + b"\1" * 200)
    with pytest.raises(AudioInputError, match="not a wav") as refused:
        open_recording(tmp_path / "x")
    assert not isinstance(refused.value, UnsupportedAudio)


def test_what_points_to_other_files_is_not_followed(ffmpeg, tmp_path, made):
    lists = {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{made('aac')}\n#EXT-X-ENDLIST\n",
        "list.ffconcat": f"ffconcat version 1.0\nfile '{made('mp4')}'\n",
        "list.sdp": "v=0\nm=audio 5000 RTP/AVP 0\nc=IN IP4 127.0.0.1\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(AudioInputError, match="not a wav, flac, ogg or mp3 recording, nor one"):
            open_recording(tmp_path / name)


def test_a_video_without_sound_says_so(ffmpeg, tmp_path):
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5:duration=1", tmp_path / "mute.mp4")
    with pytest.raises(AudioInputError, match="holds no sound"):
        open_recording(tmp_path / "mute.mp4")


def test_a_recording_that_was_cut_off_is_played_as_far_as_it_goes(made, tmp_path):
    whole = made("mkv").read_bytes()
    (tmp_path / "half.mkv").write_bytes(whole[: len(whole) // 2])
    found = read(tmp_path / "half.mkv")
    assert 0.3 < len(found) / len(read_all(DEMO)) < 0.8


def test_ffmpeg_that_hangs_is_ended(tmp_path, monkeypatch):
    script = tmp_path / "ffmpeg"
    script.write_text("#!/bin/sh\nexec sleep 1000\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(container, "SILENT_S", 0.2)
    with pytest.raises(AudioInputError, match=r"delivered nothing for 0\.2 s"):
        Container(DEMO)


def test_ffmpeg_runs_within_bounds_and_ends_with_its_reader(made):
    source = Container(made("mp4"))
    pid = source._program.pid
    limits = Path(f"/proc/{pid}/limits").read_text()
    for name, soft in (("address space", 1 << 30), ("cpu time", 3600), ("file size", 0)):
        assert re.search(rf"^Max {name} +{soft} +{soft} ", limits, re.MULTILINE)
    source.close()
    assert not Path(f"/proc/{pid}").exists()
