"""The faults that edged-bench plays, each with what is measured; nothing here decides what is good enough."""

import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edged.bench.faults.stuck import HANG
from edged.bench.faults.subject import Event, Microphone, Subject, Wanted, subject, unexplained
from edged.errors import EdgedError
from edged.geometry import HOP, HOP_SECONDS
from edged.runtime.report import Report

SETTLE_S = 3.0
"""Seconds of undisturbed hearing before a fault."""

AWAY_S = 6.0
"""Seconds that a pulled-out microphone stays away: long enough for more than one attempt to open it."""

WATCHED_S = 15.0
"""Seconds that a daemon is watched whose events cannot be written: more than a mailbox of 64 holds."""

RESTART_S = 2.0
"""Seconds that systemd waits: RestartSec of edged.service."""

Result = dict[str, Any]


def of(name: str, **wanted: Any) -> Wanted:
    """Return what recognises an event by its name and fields."""

    def matches(event: Event) -> bool:
        return event["event"] == name and all(event.get(key) == value for key, value in wanted.items())

    return matches


def unplugged(microphone: Microphone, config: Path | None) -> Result:
    """Pull the microphone out and plug it in again."""
    return _away(microphone, config, "gone")


def stalled(microphone: Microphone, config: Path | None) -> Result:
    """Let the microphone stay and deliver nothing."""
    return _away(microphone, config, "stalled")


def _away(microphone: Microphone, config: Path | None, how: str) -> Result:
    with subject(microphone, config) as daemon:
        daemon.wait("the first hop", of("scores"), 0.0, 60.0)
        time.sleep(SETTLE_S)
        broken = microphone.breaks(how)
        lost = daemon.wait("the loss", of("device", state="lost"), broken, 30.0)
        time.sleep(AWAY_S)
        mended = microphone.returns()
        back = daemon.wait("the return", of("scores"), mended, 60.0)
        time.sleep(SETTLE_S)
        code = daemon.ask_to_stop()
        changes = [said.event["state"] for said in daemon.said if said.event["event"] == "device"]
        return {
            "noticed_s": round(lost.at - broken, 3),
            "recovered_s": round(back.at - mended, 3),
            "device_events": changes,
            "gap_samples": sum(said.event["samples"] for said in daemon.said if of("gap")(said.event)),
            "unexplained_samples": unexplained(daemon.said),
            "exit": code,
        }


def recognizer_killed(microphone: Microphone, config: Path | None) -> Result:
    """Kill the recognizer's process in the middle of a command."""
    with subject(microphone, config) as daemon:
        listening = daemon.wait("a command", of("listening"), 0.0, 120.0)
        time.sleep(0.5)
        killed = time.monotonic()
        os.kill(daemon.recognizer(), signal.SIGKILL)
        restarted = daemon.wait("the restart", of("restarted"), killed, 30.0)
        answered = daemon.wait("the text", of("final", utterance=listening.event["utterance"]), killed, 60.0)
        again = daemon.wait("the next command's text", of("final"), answered.at + 0.001, 120.0)
        code = daemon.ask_to_stop()
        return {
            "recovered_s": round(restarted.at - killed, 3),
            "text": answered.event["text"],
            "next_text": again.event["text"],
            "missed_hops": _missed(daemon),
            "unexplained_samples": unexplained(daemon.said),
            "exit": code,
        }


def stuck(microphone: Microphone, config: Path | None) -> Result:
    """Let the path hang in the middle of a hop, and start the daemon again as systemd would."""
    program = ("-m", "edged.bench.faults.stuck")
    with subject(microphone, config, program=program) as daemon:
        daemon.wait("the first hop", of("scores"), 0.0, 60.0)
        time.sleep(SETTLE_S)
        hung = microphone.breaks(HANG)
        code = daemon.process.wait(60.0)
        ended = time.monotonic()
        named = "path" in daemon.log()
        stacks = "most recent call first" in daemon.log()
    microphone.returns()
    time.sleep(RESTART_S)
    with subject(microphone, config) as daemon:
        again = daemon.wait("the first hop after the restart", of("scores"), 0.0, 60.0)
    return {
        "ended_s": round(ended - hung, 3),
        "exit": code,
        "named": named,
        "stacks": stacks,
        "recovered_s": round(again.at - hung, 3),
    }


def full_disk(microphone: Microphone, config: Path | None) -> Result:
    """Write events to a disk that is full."""
    return _deaf_reader(microphone, config, "/dev/full")


def blocked_reader(microphone: Microphone, config: Path | None) -> Result:
    """Write events to somebody who never reads."""
    pipe = microphone.folder / "blocked"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, 4096)  # full after two seconds of scores
    try:
        return _deaf_reader(microphone, config, str(pipe))
    finally:
        os.close(reading)
        pipe.unlink()


def _deaf_reader(microphone: Microphone, config: Path | None, events: str) -> Result:
    with subject(microphone, config, events) as daemon:
        first = _hearing(daemon)
        time.sleep(WATCHED_S)
        last = _hearing(daemon)
        began = time.monotonic()
        code = daemon.ask_to_stop()
        stopped_s = time.monotonic() - began
    due = (last.beat_s - first.beat_s) / HOP_SECONDS
    heard = last.counters["hops"] - first.counters["hops"]
    lost = sum(last.counters.get(f"lost_{where}_samples", 0) for where in ("capture", "source", "device"))
    return {
        "watched_s": round(last.beat_s - first.beat_s, 1),
        "hops": heard,
        "hops_due": round(due, 1),
        "missed_hops": -(-lost // HOP),
        "stopped_s": round(stopped_s, 3),
        "exit": code,
    }


def _hearing(daemon: Subject) -> Report:
    """Return what the daemon tells of itself now, once it hears."""
    until = time.monotonic() + 60.0
    while time.monotonic() < until:
        report = daemon.report()
        if report is not None and report.state == "hearing" and "lost_capture_samples" in report.counters:
            return report
        time.sleep(0.2)
    raise EdgedError(f"the daemon never heard: {daemon.last_words()}")


def _missed(daemon: Subject) -> int:
    """Return hops that were lost between the first and the last one scored."""
    return sum(said.event["samples"] for said in daemon.said if of("gap")(said.event)) // HOP


SCENARIOS: dict[str, Callable[[Microphone, Path | None], Result]] = {
    "unplugged": unplugged,
    "stalled": stalled,
    "recognizer": recognizer_killed,
    "stuck": stuck,
    "disk": full_disk,
    "reader": blocked_reader,
}
"""Every fault by the name that the command line takes."""
