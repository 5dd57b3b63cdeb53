"""Live sources to listen to in a test: programs, drivers and services that do as they are told."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from edged.geometry import SAMPLE_RATE

DUMP = """\
HW Params of device "hw:0":
--------------------
ACCESS:  MMAP_INTERLEAVED RW_INTERLEAVED
FORMAT:  {format}
SUBFORMAT:  STD
SAMPLE_BITS: 16
CHANNELS: {channels}
RATE: {rate}
--------------------
"""

SETUP = """\
Hardware PCM card 0 'a card' device 0 subdevice 0
Its setup is:
  stream       : CAPTURE
  access       : RW_INTERLEAVED
  format       : {format}
  channels     : {channels}
  rate         : {rate}
  exact rate   : {rate} ({rate}/1)
  buffer_size  : {ring}
  period_size  : 320
"""


def ramp(samples: int, start: int = 0) -> np.ndarray:
    """Sound that tells its own index, shape (samples,), int16."""
    return ((np.arange(start, start + samples)) % 30_000).astype("<i2")


def arecord(
    folder: Path,
    then: str = "exec sleep 60",
    sound: bytes = b"",
    form: str = "S16_LE",
    channels: str = "1",
    rate: str = str(SAMPLE_RATE),
    ring: int = 8000,
) -> Path:
    """Write a program that says and sends what arecord would, and then does as told; return its folder.

    It keeps its arguments in a file `asked`, a line for each start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sound").write_bytes(sound)
    (folder / "dump").write_text(DUMP.format(format=form, channels=channels, rate=rate))
    got = {"format": form.split()[0], "channels": channels.strip("[]").split()[-1], "rate": rate.strip("[]")}
    (folder / "setup").write_text(SETUP.format(ring=ring, **got))
    return program(
        folder / "arecord",
        f'echo "$@" >> {folder}/asked\n'
        f'case "$*" in *--dump-hw-params*) cat {folder}/dump >&2; exit 0;; esac\n'
        f"cat {folder}/setup >&2\ncat {folder}/sound\n{then}\n",
    )


def program(file: Path, script: str) -> Path:
    """Write a shell script; return its folder, for PATH."""
    file.write_text(f"#!/bin/sh\n{script}")
    file.chmod(0o755)
    return file.parent


SOUNDDEVICE = """\
import os, sys, time

class PortAudioError(Exception):
    pass

class RawInputStream:
    read_available = 0
    def __init__(self, device, samplerate, channels, **rest):
        {open}
        self.left = open({sound!r}, "rb")
        self.frame = 2 * channels
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        pass
    def read(self, frames):
        data = self.left.read(frames * self.frame)
        if data:
            return data, {overflowed}
        {then}

def query_devices():
    {start}
    return {devices!r}

def check_input_settings(device, channels, dtype, samplerate):
    if samplerate not in {rates!r}:
        raise PortAudioError("Invalid sample rate [PaErrorCode -9997]")
"""


def device(name: str, index: int, channels: int = 1, rate: float = SAMPLE_RATE) -> dict:
    return {"name": name, "index": index, "max_input_channels": channels, "default_samplerate": rate}


def sounddevice(
    folder: Path,
    then: str = "time.sleep(60)",
    sound: bytes = b"",
    devices: Sequence[dict] = (device("told", 0),),
    rates: Sequence[int] = (SAMPLE_RATE,),
    open: str = "pass",
    start: str = "pass",
    overflowed: str = "False",
) -> Path:
    """Write a driver that does as told; return its folder, for PYTHONPATH."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sound").write_bytes(sound)
    text = SOUNDDEVICE.format(
        sound=str(folder / "sound"),
        then=then,
        devices=list(devices),
        rates=tuple(rates),
        open=open,
        start=start,
        overflowed=overflowed,
    )
    (folder / "sounddevice.py").write_text(text)
    return folder


ALSA = """\
</usr/share/alsa/alsa.conf>
pcm.recorded {{
  type file
  slave.pcm {{ type null }}
  file /dev/null
  infile {sound}
  format raw
}}
pcm.microphone {{
  type plug
  slave {{ pcm recorded rate 48000 channels 2 format S16_LE }}
  hint {{ show on description "A microphone" }}
}}
"""


def alsa_microphone(folder: Path) -> tuple[Path, np.ndarray]:
    """Write a configuration of ALSA with a PCM `microphone`; return it and what is heard, shape (n, 2)."""
    stereo = np.random.default_rng(4).integers(-9000, 9000, (96_000, 2)).astype("<i2")
    (folder / "sound").write_bytes(stereo.tobytes())
    (folder / "asound.conf").write_text(ALSA.format(sound=folder / "sound"))
    return folder / "asound.conf", stereo


Serve = Callable[[socket.socket], None]


@contextlib.contextmanager
def service(serve: Serve) -> Iterator[str]:
    """Serve one visitor after the other on loopback; give the URI.

    `serve` returns when it has had enough of a visitor, who is then hung up on.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            try:
                visitor, _ = listener.accept()
            except OSError:
                return
            with visitor, contextlib.suppress(OSError):  # a visitor who left is no fault
                serve(visitor)

    thread = threading.Thread(target=run, name="wyoming service")
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        assert not thread.is_alive()


def until_left(visitor: socket.socket) -> None:
    """Wait until the visitor hangs up."""
    visitor.settimeout(30)
    while visitor.recv(4096):
        pass


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def children() -> set[int]:
    """Processes begun by this one that are still there."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(pid) for task in tasks for pid in (task / "children").read_text().split()}
