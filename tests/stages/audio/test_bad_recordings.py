"""Bad recordings are answered by one sentence, odd ones play; nothing shows a traceback's text."""

import logging
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edged.errors import AudioInputError
from edged.geometry import SAMPLE_RATE
from edged.stages.audio.intake import Intake
from edged.stages.audio.recording import BLOCK, Recording, read_all

SOUND = (np.sin(np.arange(2 * SAMPLE_RATE) / 3) * 8000).astype(np.int16)


def wav(folder: Path, change: Callable[[bytearray], bytearray | bytes | None] = lambda _: None) -> Path:
    """A wav file of two seconds, its bytes changed."""
    file = folder / "a.wav"
    soundfile.write(file, SOUND, SAMPLE_RATE)
    content = bytearray(file.read_bytes())
    file.write_bytes(change(content) or content)
    return file


def other(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def floats(folder: Path, value: float, at: int, name: str = "a.wav", rate: int = SAMPLE_RATE) -> Path:
    sound = np.zeros((3 * BLOCK, 2), np.float32)
    sound[at, 1] = value
    soundfile.write(folder / name, sound, rate, subtype="FLOAT")
    return folder / name


def half(folder: Path, kind: str) -> Path:
    file = folder / f"a.{kind}"
    soundfile.write(file, SOUND, SAMPLE_RATE)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return file


def put(content: bytearray, at: int, form: str, *values: int) -> None:
    struct.pack_into(form, content, at, *values)


def folder_named_wav(folder: Path) -> Path:
    (folder / "dir.wav").mkdir()
    return folder / "dir.wav"


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.wav")
    return folder / "pipe.wav"


def circle(folder: Path) -> Path:
    (folder / "loop.wav").symlink_to(folder / "loop.wav")
    return folder / "loop.wav"


NOT_A_RECORDING = "not a wav, flac, ogg or mp3 recording: "
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda folder: folder / "no.wav", "no such file or directory"),
    "folder": (folder_named_wav, "a folder, not a recording"),
    "pipe": (pipe, "a device or pipe, not a recording"),
    "link to itself": (circle, "too many levels of symbolic links"),
    "name too long": (lambda folder: folder / ("x" * 300), "file name too long"),
    "null byte": (lambda folder: folder / "a\0b.wav", "null"),
    "zero bytes": (lambda folder: other(folder, "a.wav", b""), "empty file"),
    "text": (lambda folder: other(folder, "a.wav", b"hello there\n" * 500), NOT_A_RECORDING),
    "text named mp3": (lambda folder: other(folder, "a.mp3", b"hello there\n" * 500), NOT_A_RECORDING),
    "text named raw": (lambda folder: other(folder, "a.raw", b"hello there\n" * 500), NOT_A_RECORDING),
    "zeros": (lambda folder: other(folder, "a.wav", bytes(5000)), NOT_A_RECORDING),
    "header cut short": (lambda folder: wav(folder, lambda c: c[:30]), NOT_A_RECORDING),
    "header alone": (lambda folder: wav(folder, lambda c: c[:44]), "holds no sound"),
    "no samples": (lambda folder: wav(folder, lambda c: put(c, 40, "<I", 0)), "holds no sound"),
    "no channels": (lambda folder: wav(folder, lambda c: put(c, 22, "<H", 0)), NOT_A_RECORDING),
    "rate 0": (lambda folder: wav(folder, lambda c: put(c, 24, "<I", 0)), NOT_A_RECORDING),
    "rate 100": (
        lambda folder: wav(folder, lambda c: put(c, 24, "<I", 100)),
        "100 samples per second; 4000 to",
    ),
    "rate 1 GHz": (
        lambda folder: wav(folder, lambda c: put(c, 24, "<I", 10**9)),
        "1000000000 samples per second",
    ),
    "unknown coding": (lambda folder: wav(folder, lambda c: put(c, 20, "<H", 0x1234)), NOT_A_RECORDING),
    "half an ogg": (lambda folder: half(folder, "ogg"), NOT_A_RECORDING),
    "NaN at the start": (
        lambda folder: floats(folder, np.nan, 0),
        "the sample at 0.0000 s is NaN or infinite",
    ),
    "NaN later": (
        lambda folder: floats(folder, np.nan, 2 * BLOCK),
        "the sample at 0.5120 s is NaN or infinite",
    ),
    "infinity": (lambda folder: floats(folder, -np.inf, 8000), "the sample at 0.5000 s is NaN or infinite"),
    "NaN at 48 kHz": (
        lambda folder: floats(folder, np.nan, 12_000, rate=48_000),
        "the sample at 0.2500 s is",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_recording_is_answered_by_one_sentence_that_names_it(tmp_path, case):
    make, said = BAD[case]
    file = make(tmp_path)
    with pytest.raises(AudioInputError) as caught:
        read_all(file)
    text = str(caught.value)
    assert text.startswith(f"{file}: ")
    assert said in text.removeprefix(f"{file}: ")
    assert "\n" not in text
    assert caught.value.exit_code == 66


def test_a_channel_that_is_not_there_is_refused(tmp_path):
    file = wav(tmp_path)
    with pytest.raises(AudioInputError, match=r"a\.wav: channel 1 asked for, but it has 1, counted from 0"):
        Recording(file, Intake(channel=1))


def test_a_recording_that_may_not_be_read_is_named(tmp_path):
    file = wav(tmp_path)
    file.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)  # root reads everything; nobody does not
    try:
        with pytest.raises(AudioInputError, match=r"a\.wav: permission denied$"):
            read_all(file)
    finally:
        os.seteuid(user)


def test_what_comes_before_a_bad_sample_plays_and_then_the_source_is_at_its_end(tmp_path):
    source = Recording(floats(tmp_path, np.nan, 2 * BLOCK + 1))
    samples = 0
    with pytest.raises(AudioInputError):
        while (frame := source.read()) is not None:
            samples += len(frame.pcm)
    assert samples == 2 * BLOCK // 1280 * 1280
    assert source.read() is None
    source.close()


@pytest.mark.parametrize(
    ("kind", "least"),
    [("wav", 0.45), ("flac", 0.2), ("mp3", 0.2)],
)
def test_a_recording_cut_short_plays_as_far_as_it_goes_and_says_so(tmp_path, caplog, kind, least):
    file = half(tmp_path, kind)
    with caplog.at_level(logging.WARNING):
        pcm = read_all(file)
    assert least * len(SOUND) < len(pcm) < 0.8 * len(SOUND)
    (record,) = caplog.records
    assert str(file) in record.getMessage()
    assert "missing" in record.getMessage() or "damaged" in record.getMessage()


def test_the_warning_says_how_much_is_missing(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        assert len(read_all(wav(tmp_path, lambda c: c[: 44 + 32_000]))) == SAMPLE_RATE
    assert caplog.messages == [f"{tmp_path}/a.wav: ends early: 1.0 of 2.0 s are missing"]


def test_a_flac_damaged_in_the_middle_plays_up_to_there(tmp_path, caplog):
    file = tmp_path / "a.flac"
    soundfile.write(
        file, np.random.default_rng(1).integers(-9000, 9000, 64_000).astype(np.int16), SAMPLE_RATE
    )
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    file.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert len(read_all(file)) > 16_000
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda c: (put(c, 4, "<I", 0xFFFFFFFF), put(c, 40, "<I", 0xFFFFFFFF))[0],
        lambda c: (put(c, 4, "<I", 0x80000024), put(c, 40, "<I", 0x80000000))[0],
        lambda c: (put(c, 4, "<I", 0x7FFFFFFF), put(c, 40, "<I", 0x7FFFF000))[0],
        lambda c: put(c, 4, "<I", 0),
        lambda c: bytes(c) + b"LIST\x04\0\0\0abcd",
        lambda c: bytes(c) + b"junk behind the end",
    ],
    ids=["ffmpeg to a pipe", "arecord to a pipe", "sox to a pipe", "no RIFF size", "tags at the end", "junk"],
)
def test_odd_headers_play_whole_and_without_a_warning(tmp_path, caplog, change):
    with caplog.at_level(logging.WARNING):
        assert np.array_equal(read_all(wav(tmp_path, change)), SOUND)
    assert not caplog.records


def test_an_odd_name_does_not_matter(tmp_path):
    for name in ("a.raw", "a", "ä b.txt", "%s.mp3"):
        file = other(tmp_path, name, wav(tmp_path).read_bytes())
        assert np.array_equal(read_all(file), SOUND)


def test_no_file_stays_open_after_an_error(tmp_path):
    before = {link.name for link in Path("/proc/self/fd").iterdir()}
    for make, _ in (BAD["text"], BAD["header alone"], BAD["NaN at the start"], BAD["NaN later"]):
        with pytest.raises(AudioInputError):
            read_all(make(tmp_path))
    assert {link.name for link in Path("/proc/self/fd").iterdir()} == before
