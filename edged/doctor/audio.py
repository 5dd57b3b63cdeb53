"""The source of sound: is it there, may it be opened, is it free, is it muted."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence

from edged.doctor.case import Case
from edged.doctor.finding import Finding
from edged.doctor.nodes import access
from edged.errors import AudioDeviceLost, ConfigError
from edged.runtime.health import health
from edged.stages.audio.cards import Card, capture_cards
from edged.stages.audio.spec import ArecordSpec, MicSpec, parse
from edged.stages.audio.which import spec_of, take

NAME = "audio"

AMIXER_S = 3.0
"""Seconds that amixer may take."""

PLUG_IN = "plug in a USB microphone; `edged devices` shows what is there"

SOUND_SERVERS = ("pipewire", "pulseaudio", "wireplumber")
"""Programs of a desktop that hold every card."""


def check(case: Case) -> Iterator[Finding]:
    """Say where sound would come from, and what stands in the way."""
    cards = capture_cards()
    yield from _cards(cards)
    source = case.config.audio.source
    if not source:
        yield Finding(
            NAME, "broken", "[audio] source is empty: edged will not start", '[audio] source = "mic:"'
        )
        return
    try:
        spec = parse(source)
    except ConfigError as exc:
        yield Finding(NAME, "broken", f"[audio] {exc}", "`edged devices` shows what to write")
        return
    if isinstance(spec, MicSpec):
        yield from _microphone(case, spec.name, cards)
    elif isinstance(spec, ArecordSpec):
        yield from _arecord(case, spec.pcm, cards)
    else:
        yield Finding(NAME, "good", f"sound comes from {source}, which is not tried here")


def _cards(cards: Sequence[Card]) -> Iterator[Finding]:
    for card in cards:
        only = f", only by name: {card.why_not}" if card.why_not else ""
        yield Finding(NAME, "good", f"card {card.id}: {card.long_name or card.name}{only}")
    if not cards:
        yield Finding(NAME, "good", "no sound card that captures")


def _microphone(case: Case, name: str, cards: Sequence[Card]) -> Iterator[Finding]:
    try:
        card = take(name, cards, case.config.board.microphones)
    except AudioDeviceLost as exc:
        yield Finding(NAME, "broken", str(exc), PLUG_IN)
        return
    if card is None:
        what = f"mic:{name}: no card has such an id, port, serial number or name"
        yield Finding(NAME, "broken", what, "`edged devices` shows what there is; or plug it in")
        return
    yield Finding(NAME, "good", f"mic:{name} takes {spec_of(card, cards)}")
    yield from _openable(case, card)


def _arecord(case: Case, pcm: str, cards: Sequence[Card]) -> Iterator[Finding]:
    if shutil.which("arecord") is None:
        what = f"arecord:{pcm}: the program arecord is not installed"
        yield Finding(NAME, "broken", what, case.distribution.install("alsa-utils"))
    named = re.search(r"\bCARD=([^,\s]+)", pcm) or re.fullmatch(r"(?:plug)?hw:([A-Za-z][^,\s]*).*", pcm)
    if named is None:
        yield Finding(NAME, "good", f"sound comes from the PCM {pcm}, which is not tried here")
        return
    card = next((card for card in cards if card.id == named[1]), None)
    if card is None:
        yield Finding(NAME, "broken", f"arecord:{pcm}: there is no card {named[1]} that captures", PLUG_IN)
        return
    yield from _openable(case, card)


def _openable(case: Case, card: Card) -> Iterator[Finding]:
    yield from access(NAME, card.node, case.runs_as, locked="broken")
    if card.holder is not None and health().exit_code == 3:  # else it is edged itself that has it open
        server = any(name in card.holder.name for name in SOUND_SERVERS)
        remedy = (
            "keep the desktop's sound server away from it: `systemctl --user mask --now pipewire.socket "
            "pulseaudio.socket wireplumber`, or run edged on a machine without a desktop"
            if server
            else f"end {card.holder}, or choose another microphone"
        )
        yield Finding(NAME, "broken", f"card {card.id} is in use by {card.holder}", remedy)
    yield from _mixer(case, card)


def _mixer(case: Case, card: Card) -> Iterator[Finding]:
    program = shutil.which("amixer")
    if program is None:
        what = "amixer is not installed: whether the microphone is muted cannot be told"
        yield Finding(NAME, "good", what)
        return
    try:
        done = subprocess.run(
            [program, "-c", card.id, "scontents"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=AMIXER_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        yield Finding(NAME, "good", f"card {card.id}: its mixer gives no answer ({exc})")
        return
    if (how := muted(done.stdout.decode("utf-8", "replace"))) is not None:
        remedy = f"`alsamixer -c {card.id} -V capture`, then `sudo alsactl store`; or [audio] mixer"
        yield Finding(NAME, "degraded", f"card {card.id} lets no sound in: {how}", remedy)


def muted(said: str) -> str | None:
    """Return how a card is muted by what `amixer scontents` says of it, or None.

    One control that is closed means little: codecs have one for every input. All of them closed mean silence.
    """
    off: dict[str, bool] = {}
    zero: dict[str, bool] = {}
    for control in re.split(r"^(?=Simple mixer control )", said, flags=re.MULTILINE):
        name = re.match(r"Simple mixer control '(.*?)'", control)
        channels = re.findall(r"^  [^:\n]+:(?! -).*?\bCapture( .*\[.*)$", control, re.MULTILINE)
        if name is None or not channels:
            continue
        if any("[on]" in channel or "[off]" in channel for channel in channels):
            off[name[1]] = all("[off]" in channel for channel in channels)
        if any("%]" in channel for channel in channels):
            zero[name[1]] = all("[0%]" in channel for channel in channels)
    if off and all(off.values()):
        return f"switched off at {', '.join(off)}"
    if zero and all(zero.values()):
        return f"at zero at {', '.join(zero)}"
    return None
