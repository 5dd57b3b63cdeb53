"""The process that holds PortAudio for a microphone: `python -m edged.stages.audio.portaudio NAME CHANNEL`.

PortAudio ends its process on a broken ALSA configuration, may hang in a driver, sees no card that was
plugged in after its start, and takes memory: all of that happens here, where it can be ended and begun again.
Standard output: one line of JSON, `{"rate", "channels"}` or `{"problem", "text"}`, then pieces, each with a
header (`HEADER`) before its interleaved int16 samples.
"""

import json
import os
import struct
import sys
import time
from collections.abc import Sequence
from typing import Any, BinaryIO

HEADER = struct.Struct("<II")
"""Samples per channel lost just before the piece; bytes of the piece."""
RATES = (48_000, 16_000, 44_100, 32_000, 96_000)
"""Samples per second, tried in this order before what PortAudio thinks best; see `hardware.RATE`."""
MOST_CHANNELS = 16
"""As `hardware.MOST_CHANNELS`."""
PERIOD_S, LATENCY_S = 0.02, 0.3
"""Seconds per piece, and those that the card's ring is to hold."""


class Unfit(Exception):
    """It cannot be used; `problem` is one of `absent`, `several`, `missing`, `driver`."""

    def __init__(self, problem: str, text: str) -> None:
        super().__init__(text)
        self.problem = problem


def choose(name: str, devices: Sequence[Any]) -> Any:
    """Return the one of PortAudio's devices that captures and has this name or, if none has, this part of it.

    Raises:
        Unfit: None has it, or several have.
    """
    able = [device for device in devices if device["max_input_channels"] > 0]
    part = name.casefold()
    found = [device for device in able if device["name"] == name]
    found = found or [device for device in able if part in device["name"].casefold()]
    names = ", ".join(device["name"] for device in found or able)
    if not found:
        raise Unfit("absent", f"PortAudio offers {names or 'nothing'}")
    if len(found) > 1:
        raise Unfit("several", names)
    return found[0]


def channels_of(most: int, channel: int) -> int:
    """Return how many to open of a device: all of a card, two or those up to `channel` of a converter."""
    return most if most <= MOST_CHANNELS else max(2, channel + 1)


def lost_since(seconds: float, rate: float, got: int, held_before: int, held_now: int) -> int:
    """Return the samples per channel that an overflow cost, estimated from the clock.

    In `seconds` the card made `seconds * rate` samples: those read, those more that lie in its ring now than
    before, and the lost ones. Off by a period at most; one at least, because PortAudio says it lost some.
    """
    return max(1, round(seconds * rate) - got - (held_now - held_before))


def run(name: str, channel: int, out: BinaryIO) -> None:
    """Copy sound to a pipe until nobody reads it.

    Raises:
        Unfit: The microphone is not there or fails.
    """
    try:
        import sounddevice
    except (ImportError, OSError) as exc:  # OSError: the package is there, PortAudio itself is not
        raise Unfit("missing", str(exc)) from exc
    lib: Any = sounddevice  # ships no type stubs
    try:
        device = choose(name, list(lib.query_devices()))
        channels = channels_of(device["max_input_channels"], channel)
        rate = _rate(lib, device, channels)
        with lib.RawInputStream(
            device=device["index"],
            samplerate=rate,
            channels=channels,
            dtype="int16",
            blocksize=0,
            latency=LATENCY_S,
        ) as stream:
            out.write(json.dumps({"rate": rate, "channels": channels}).encode() + b"\n")
            out.flush()
            _copy(stream, rate, out)
    except lib.PortAudioError as exc:
        raise Unfit("driver", str(exc)) from exc


def _rate(lib: Any, device: Any, channels: int) -> int:
    """Return a rate that the card itself has: PortAudio resamples nothing."""
    refused = ""
    for rate in (*RATES, int(device["default_samplerate"])):
        try:
            lib.check_input_settings(device["index"], channels, "int16", samplerate=rate)
        except lib.PortAudioError as exc:
            refused = str(exc)
        else:
            return rate
    raise Unfit("driver", refused)


def _copy(stream: Any, rate: int, out: BinaryIO) -> None:
    wanted = round(PERIOD_S * rate)
    then, held = time.monotonic(), 0
    while True:
        data, overflowed = stream.read(wanted)
        now, holds = time.monotonic(), int(stream.read_available)
        lost = lost_since(now - then, rate, wanted, held, holds) if overflowed else 0
        then, held = now, holds
        out.write(HEADER.pack(lost, len(data)))
        out.write(data)
        out.flush()


def main() -> None:
    """Run, and tell the parent why not."""
    name, channel = sys.argv[1:]
    with open(os.dup(1), "wb") as out:  # noqa: PTH123  # libraries that print do so on standard error
        os.dup2(2, 1)
        try:
            run(name, int(channel), out)
        except Unfit as exc:
            out.write(json.dumps({"problem": exc.problem, "text": str(exc)}).encode() + b"\n")
        except BrokenPipeError:
            os._exit(0)  # nobody hears any more; PortAudio may hang where it is asked to stop


if __name__ == "__main__":
    main()
